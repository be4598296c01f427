// What the access log says of requests that really were made: of each part its status, its attempts and its circuit.

import Configuration
import Foundation
import Gateway
import StubUpstreams
import Support
import Testing

@Suite(.timeLimit(.minutes(1)))
struct AccessLogJourneyTests {
    /// The lines of so many requests for the active conversation, or of as many as `ask` makes.
    private func lines(
        of requests: Int = 1, _ script: Script = Script(),
        settings change: @escaping (inout Settings) -> Void = { _ in },
        asking ask: ((RunningGateway) async throws -> Void)? = nil
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
                if let ask {
                    try await ask(gateway)
                } else {
                    for _ in 0..<requests { _ = try await gateway.get(Fixtures.active) }
                }
                _ = try await eventually {
                    let text = try String(contentsOfFile: log, encoding: .utf8)
                    #expect(text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f || $0 == 0x0a })
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

    @Test func `a line says who asked for what, when and how, and what came of it`() async throws {
        var answer: HTTPReply?
        var traces: Set<String?> = []
        let before = Date.now
        let line = try await lines(asking: { gateway in
            answer = try await gateway.get(
                Fixtures.active, [("X-Request-Id", "r-1"), ("traceparent", "00-\(Self.trace)-00f067aa0ba902b7-01")])
            traces = Set(gateway.stubs.calls.map { $0.value("traceparent")?.split(separator: "-")[1].description })
        }).first

        let path = "/api/conversations/\(Fixtures.active.id)"
        let texts = [
            "requestId": "r-1", "traceId": Self.trace, "client": "127.0.0.1", "scheme": "http", "protocol": "HTTP/1.1",
            "method": "GET", "route": "conversation", "id": Fixtures.active.id, "path": path,
            "tenant": Fixtures.tenantA, "credential": "a",
        ]
        for (name, text) in texts { #expect(line?[name] as? String == text, "\(name)") }
        #expect(line?["status"] as? Int == 200)
        #expect(line?["bytes"] as? Int == answer?.body.count)
        #expect(traces == [Self.trace])
        let written = try #require(line?["time"] as? String)
        let time = try Date(written, strategy: .iso8601.year().month().day().time(includingFractionalSeconds: true))
        #expect((-1...60).contains(time.timeIntervalSince(before)))
        for name in ["failure", "failedPart", "reason", "coalescedWith"] { #expect(line?[name] == nil, "\(name)") }
        let parts = try #require(line?["parts"] as? [[String: Any]])
        let total = try #require(line?["ms"] as? Double)
        for part in parts {
            let (began, took) = (try #require(part["startMs"] as? Double), try #require(part["ms"] as? Double))
            #expect(part["outcome"] as? String == "fetched")
            #expect(began >= 0 && took > 0 && began + took <= total)
        }
    }

    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"

    @Test func `whoever came with a token is told by its issuer`() async throws {
        let issuer = try TokenIssuer(tenant: Fixtures.tenantA)
        let server = try KeyServer(issuer.keySet())
        let line = try await lines { settings in
            settings.auth.jwt = [
                JWTSettings(issuer: issuer.name, audience: "gateway", jwks: server.url, tenantClaim: "tenant")
            ]
        } asking: { gateway in
            let answer = try await gateway.get(Fixtures.active, key: issuer.token())
            #expect(answer.status == 200)
        }.first

        #expect(line?["tenant"] as? String == Fixtures.tenantA)
        #expect(line?["credential"] as? String == issuer.name)
    }

    @Test func `a failure is told with its kind, its part and its reason`() async throws {
        let line = try await lines(.parts(["contact": [.status(500)]])).first

        #expect(line?["status"] as? Int == 502)
        #expect(line?["failure"] as? String == "upstream_server_error")
        #expect(line?["failedPart"] as? String == "contact")
        #expect(line?["reason"] as? String == "The upstream answered 500.")
        let contact = try part("contact", of: line)
        #expect(contact["outcome"] as? String == "failed")
        #expect(contact["failure"] as? String == "upstream_server_error")
    }

    @Test func `a wait for a place is told`() async throws {
        let slow: [Action] = [.delay(.fixed(.milliseconds(100)))]
        let line = try await lines(.parts(["contact": slow, "account": slow])) { settings in
            settings.change("crm") {
                $0.concurrency.inFlight = 1
                $0.concurrency.wait = .seconds(20)
            }
        }.first

        let waits = try ["contact", "account"].map { try part($0, of: line)["queuedMs"] as? Double }
        #expect(waits.compactMap(\.self).count == 1)
        #expect(try #require(waits.compactMap(\.self).first) >= 80)
    }

    @Test func `a client that left is 499, and one whose credential is refused has no tenant`() async throws {
        let gate = Gate()
        let lines = try await lines(of: 2, .parts(["contact": [.hold(gate)]])) { _ in
        } asking: { gateway in
            _ = try await gateway.get(Fixtures.active, key: "sf_test_v1_nobody")
            let client = try gateway.begin(Fixtures.active)
            try await gate.waitUntil(arrived: 1)
            client.reset()
        }

        let (refused, gone) = (lines.first, lines.last)
        #expect(refused?["status"] as? Int == 401)
        #expect(refused?["failure"] as? String == "unauthenticated")
        #expect(refused?["tenant"] == nil && refused?["credential"] == nil)
        #expect(gone?["status"] as? Int == 499)
        #expect(gone?["failure"] as? String == "client_gone")
        #expect(gone?["bytes"] as? Int == 0)
        #expect(try part("contact", of: gone)["outcome"] as? String == "cancelled")
    }

    @Test func `no byte of a client can end a line, or begin another`() async throws {
        let hostile = [
            "GET /a\u{0}b HTTP/1.1\r\nHost: a\r\n\r\n", "GET /\u{1b}[2J HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /a\nb HTTP/1.1\r\nHost: a\r\n\r\n", "GET /%0a%0d{\"status\":200} HTTP/1.1\r\nHost: a\r\n\r\n",
            "GE\"T / HTTP/1.1\r\nHost: a\r\n\r\n", "GET /\u{202e}ü HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: \u{1b}]0;x\u{7}\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \"\u{9}}\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\ntraceparent: 00-\"\r\n\r\n",
        ]
        let lines = try await lines(of: hostile.count) { _ in
        } asking: { gateway in
            for text in hostile {
                let client = try Client(port: gateway.port)
                try client.send(text)
                #expect((400..<500).contains(try await client.reply().status))
                client.close()
            }
        }

        // Each is one object of its own; that there is nothing but printable ASCII is looked at where they are read.
        #expect(lines.count == hostile.count)
        #expect(lines.allSatisfy { ($0["status"] as? Int).map((400..<500).contains) == true })
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
