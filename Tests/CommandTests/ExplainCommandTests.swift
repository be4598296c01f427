// `gateway explain`: a request's waterfall in a terminal, and clear words where there is none.

import Foundation
import Support
import Testing

@Suite(.timeLimit(.minutes(2)))
struct ExplainCommandTests {
    private let folder: Folder

    init() throws {
        folder = try Folder()
    }

    private func address(in line: String) throws -> String {
        "http://" + (try #require(line.split(separator: "address=").last?.split(separator: " ").first.map(String.init)))
    }

    private func key(scopes: String...) async throws -> String {
        let words = scopes.flatMap { ["--scope", $0] }
        let made = try await Command(
            ["keys", "create", "--tenant", "t-1", "--file", folder.path("keys.yaml")] + words, in: folder
        ).end()
        return made.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    @Test func `prints where the time went, and says what is missing`() async throws {
        // Takes connections and says nothing.
        let upstream = try HeldPort(listening: true)
        let reader = try await key(scopes: "things:read")
        let explaining = try await key(scopes: "things:read", "gateway:explain")
        let file = try await folder.configuration(upstream: "http://127.0.0.1:\(upstream.port)")
        let text = folder.read("gateway.yaml").replacing(
            "http://127.0.0.1:\(upstream.port)\"]",
            with:
                "http://127.0.0.1:\(upstream.port)\"], timeouts: { attempt: 300ms }")
        try folder.write(text, to: "gateway.yaml")
        let gateway = try Command(["serve", "--config", file], in: folder)
        let listener = try address(in: try await gateway.line(with: "Listening."))
        let admin = try address(in: try await gateway.line(with: "Answering operators."))
        let url = listener + "/things/1"
        func explain(_ words: String...) async throws -> Ended {
            try await Command(["explain", url, "--admin", admin] + words, in: folder).end()
        }

        let drawn = try await explain("--key", explaining, "--ascii")
        let json = try await explain("--key", explaining, "--json")
        let scopeless = try await explain("--key", reader)
        let stranger = try await explain("--key", "sf_live_v1_0123456789abcdef")
        let elsewhere = try await Command(
            ["explain", url, "--admin", "http://127.0.0.1:1", "--key", explaining], in: folder
        ).end()
        let nowhere = try await Command(["explain", "127.0.0.1/things/1"], in: folder).end()
        gateway.signal(SIGTERM)
        _ = try await gateway.end()

        #expect(drawn.status == 0, "\(drawn.errors)")
        #expect(drawn.output.contains("thing  504 read timeout  "), "\(drawn.output)")
        #expect(drawn.output.contains("* thing "), "\(drawn.output)")
        #expect(drawn.output.contains("1. 127.0.0.1:\(upstream.port)"))
        #expect(drawn.output.contains("wwwwwwwwww"))
        #expect(drawn.output.contains("read timeout, new connection, wait"))
        #expect(drawn.output.utf8.allSatisfy { $0 < 0x80 })
        #expect(json.status == 0 && json.output.contains("\"failure\": \"read_timeout\""))
        #expect(scopeless.status == 69 && scopeless.errors.contains("needs the scope gateway:explain"))
        #expect(stranger.status == 69 && stranger.errors.hasPrefix("401: the gateway does not know this key."))
        #expect(elsewhere.status == 69 && elsewhere.errors.contains("http://127.0.0.1:1/admin/waterfalls/"))
        #expect(nowhere.status == 64)
    }
}
