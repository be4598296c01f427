// The sample page in a real browser, from another origin than the gateway's: what a person sees.

import Configuration
import Foundation
import StubUpstreams
import Support
import Testing

@Suite(.timeLimit(.minutes(3)))
struct BrowserTests {
    private static let page: [UInt8] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "deploy/frontend/conversation.html")
        return FileManager.default.contents(atPath: file.path).map { Array($0) } ?? []
    }()

    /// Opens the page in Chromium and returns what it makes of an answer, as HTML.
    private func rendered(
        script: Script = Script(), _ conversation: String = Fixtures.active.id, key: String? = nil,
        isListed: Bool = true
    ) async throws -> String {
        let server = try PageServer(page: Self.page)
        let profile = FileManager.default.temporaryDirectory.appending(path: "gateway-browser-\(UUID().uuidString)")
        defer {
            do { try FileManager.default.removeItem(at: profile) } catch { Issue.record(error) }
        }
        var document = ""
        try await withGateway(
            script: script,
            settings: {
                $0.tryOnce()
                $0.server.cors.origins = [isListed ? server.origin : "https://app.example.com"]
                $0.change(part: "contact") { $0.onFailure = .null }
            },
            { gateway in
                let form = "gateway=\(gateway.url)&key=\(key ?? gateway.key)&id=\(conversation)"
                // Its clock runs ahead while nothing is loading, so it is done as soon as the answer is shown.
                document = try await output(
                    of: "chromium",
                    [
                        "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                        "--disable-background-networking", "--disable-component-update",
                        "--user-data-dir=\(profile.path)", "--virtual-time-budget=30000", "--dump-dom",
                        "\(server.origin)/#\(form)",
                    ])
            })
        let answer = try #require(document.range(of: #"<div id="answer""#), "\(document)")
        // The page's own script comes behind it.
        return document[answer.lowerBound...].components(separatedBy: "<script>")[0]
    }

    /// Without markup, as a person reads it.
    private func text(_ html: String) -> String {
        html.replacing(/<[^>]*>/, with: "|").replacing("&amp;", with: "&").replacing(/\|+/, with: "|")
    }

    @Test func `shows a whole conversation`() async throws {
        let page = try await rendered()
        let text = text(page)

        #expect(page.contains(#"data-state="whole""#))
        #expect(text.contains(#"|Invoice 2025-2 / Größe "L"|active, 4 messages|Summary|"#))
        for message in 0..<4 { #expect(text.contains("|Message \(message): ")) }
        #expect(page.components(separatedBy: #"class="message inbound""#).count == 3)
        #expect(text.contains("|Attachment: invoice.pdf|"))
        #expect(text.contains("|Contact|Name|Zoë Müller|Email|zoe@example.com|Phone|+49 30 1234567|"))
        #expect(text.contains("|Account|Name|Müller & Söhne|Website|https://www.example.com/|"))
        #expect(text.contains("|Attention|Nothing open.|"))
    }

    @Test func `shows what needs attention`() async throws {
        let text = text(try await rendered(Fixtures.humanManaged.id))

        #expect(text.contains("|Attention|handover_requested (open)|: The contact asks for a person.|low_confidence"))
    }

    @Test func `shows that there is no account, which is not one that is missing`() async throws {
        let page = try await rendered(Fixtures.consumer.id)

        #expect(page.contains(#"data-state="whole""#))
        #expect(text(page).contains("|Account|None.|"))
    }

    @Test func `shows what is missing, and the rest`() async throws {
        let page = try await rendered(script: .parts(["contact": [.status(429)]]))
        let text = text(page)

        #expect(page.contains(#"data-state="partial""#))
        #expect(text.contains("|Not everything is here: contact.|"))
        #expect(text.contains("|Contact|Contact cannot be shown now: it is busy.|"))
        #expect(text.contains("|Account|Name|Müller & Söhne|"))
        #expect(text.contains("|Message 3: "))
    }

    @Test func `shows an error in the gateway's words, and what an operator needs of it`() async throws {
        let page = try await rendered(script: .parts(["messages": [.status(500)]]))
        let text = text(page)

        #expect(page.contains(#"data-state="error""#))
        #expect(text.contains("|What|An upstream service failed|Status|502|Request|"))
        #expect(text.contains("|For machines|conversation-gateway; received-status=500; next-hop=conversations;"))
    }

    @Test func `shows to a stranger that a key is needed`() async throws {
        let text = text(try await rendered(key: ""))

        #expect(text.contains("|What|Authentication required|Status|401|Request|"))
    }

    @Test func `takes nothing of an answer for markup`() async throws {
        let trick = #""<img src=x onerror=document.body.dataset.tricked=1>""#
        let page = try await rendered(script: .parts(["contact": [.change(.set("phone", to: trick))]]))

        #expect(page.contains("&lt;img src=x onerror="))
        #expect(!page.contains("<img"))
    }

    @Test func `gets nothing from an origin that is not listed`() async throws {
        let page = try await rendered(isListed: false)

        #expect(page.contains(#"data-state="error""#))
        #expect(text(page).contains("|What|The gateway could not be asked."))
        #expect(!page.contains("Müller"))
    }
}
