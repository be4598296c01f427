// What the access log says of requests that really were made: of each part its status, its attempts and its circuit.

import Configuration
import Foundation
import Gateway
import StubUpstreams
import Support
import Testing

@Suite(.timeLimit(.minutes(1)))
struct AccessLogJourneyTests {
    /// The lines of so many requests for the active conversation.
    private func lines(
        of requests: Int = 1, _ script: Script = Script(),
        settings change: @escaping (inout Settings) -> Void = { _ in }
    ) async throws -> [[String: Any]] {
        var all: [[String: Any]] = []
        try await withGateway(
            script: script,
            settings: {
                $0.tryOnce()
                change(&$0)
            },
            { gateway in
                let log = gateway.folder + "/access.log"
                var settings = gateway.gateway.settings
                settings.telemetry.accessLog = .file(log)
                try await gateway.gateway.reload(settings)
                for _ in 0..<requests { _ = try await gateway.get(Fixtures.active) }
                _ = try await eventually {
                    let text = try String(contentsOfFile: log, encoding: .utf8)
                    all = try text.split(separator: "\n").compactMap {
                        try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
                    }
                    return all.count == requests
                }
            })
        return all
    }

    private func part(_ name: String, of line: [String: Any]?) throws -> [String: Any] {
        let parts = try #require(line?["parts"] as? [[String: Any]])
        return try #require(parts.first { $0["name"] as? String == name })
    }

    @Test func `an answered request is told with what it was about and what its parts met`() async throws {
        let line = try await lines().first

        #expect(line?["route"] as? String == "conversation")
        #expect(line?["id"] as? String == Fixtures.active.id)
        #expect((line?["traceId"] as? String)?.count == 32)
        let (all, own) = (try #require(line?["ms"] as? Double), try #require(line?["overheadMs"] as? Double))
        #expect(own > 0 && own < all)
        for name in ["conversation", "messages", "attentionItems", "contact", "account"] {
            let part = try part(name, of: line)
            #expect(part["status"] as? Int == 200)
            #expect(part["attempts"] as? Int == 1)
            #expect(part["circuit"] as? String == "closed")
        }
    }

    @Test func `an upstream's time is none of the gateway's own`() async throws {
        let line = try await lines(.parts(["account": [.delay(.fixed(.milliseconds(300)))]])).first

        let (all, own) = (try #require(line?["ms"] as? Double), try #require(line?["overheadMs"] as? Double))
        #expect(all >= 300)
        #expect(own <= all - 300)
    }

    @Test func `a part that failed has the status it met, and the next request an open circuit`() async throws {
        let lines = try await lines(of: 2, .parts(["contact": [.status(500)]])) { settings in
            settings.change("crm") { $0.circuit.calls = 1 }
            settings.change(part: "account") { $0.onFailure = .null }
            settings.change(part: "contact") { $0.onFailure = .null }
        }

        let (first, second) = (try part("contact", of: lines.first), try part("contact", of: lines.last))
        #expect(first["status"] as? Int == 500)
        #expect(first["circuit"] as? String == "closed")
        #expect(second["circuit"] as? String == "open")
        #expect(second["status"] == nil)
        #expect(second["attempts"] as? Int == 0)
    }

    @Test func `a retry is counted, and the last attempt's status told`() async throws {
        var broken = Part.named("contact").rule([.status(503)])
        broken.calls = .first(1)
        let line = try await lines(Script(rules: [broken])) { settings in
            settings.change("crm") { $0.retries.attempts = 1 }
        }.first

        let contact = try part("contact", of: line)
        #expect(contact["attempts"] as? Int == 2)
        #expect(contact["status"] as? Int == 200)
    }
}
