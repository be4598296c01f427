// The operator's side turns away whom it must, also after a reload, and its streams end.

import Configuration
import Foundation
import Gateway
import StubUpstreams
import Support
import Testing

@Suite(.timeLimit(.minutes(2)))
struct OperatorAccessTests {
    private static let token = "0123456789abcdef01234567"

    @Test func `with a token everything but livez and readyz needs it`() async throws {
        try await withGateway(
            settings: {
                $0.tryOnce()
                $0.admin.token = Self.token
            },
            { gateway in
                for path in ["/", "/metrics", "/admin/overview.json", "/admin/events", "/nowhere"] {
                    let reply = try await gateway.ask(path)
                    #expect(reply.status == 401, "\(path)")
                    #expect(reply["WWW-Authenticate"]?.hasPrefix("Basic realm=") == true)
                    let wrong = [("Authorization", "Bearer \(Self.token)x")]
                    #expect(try await gateway.ask(path, wrong).status == 401)
                }
                for path in ["/livez", "/readyz"] { #expect(try await gateway.ask(path).status == 200) }
                for path in ["/", "/metrics", "/admin/overview.json"] {
                    let right = [("Authorization", "Bearer \(Self.token)")]
                    #expect(try await gateway.ask(path, right).status == 200)
                }
                let basic = Data("anybody:\(Self.token)".utf8).base64EncodedString()
                #expect(try await gateway.ask("/", [("Authorization", "Basic \(basic)")]).status == 200)
            })
    }

    @Test func `a name that may be anybody's is refused on loopback`() async throws {
        try await withGateway { gateway in
            let rebound = try await gateway.ask("/admin/overview.json", host: "rebound.example")
            let usual = try await gateway.ask("/admin/overview.json", host: "localhost:1")
            let probe = try await gateway.ask("/livez", host: "rebound.example")

            #expect(rebound.status == 421)
            #expect(usual.status == 200 && probe.status == 200)
        }
    }

    @Test func `a token that a reload brings is needed at once`() async throws {
        try await withGateway { gateway in
            var settings = gateway.gateway.settings
            let kept = try Client(port: gateway.adminPort)
            let request = "GET /admin/overview.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
            try kept.send(request)
            let before = try await kept.reply()

            settings.admin.token = Self.token
            try await gateway.gateway.reload(settings)
            try kept.send(request)
            let after = try await kept.reply()

            #expect(before.status == 200)
            #expect(after.status == 401)
        }
    }

    @Test func `events come of themselves, one state after the other, until the gateway leaves`() async throws {
        let gateway = try await RunningGateway.start(settings: { $0.tryOnce() })
        let client = try Client(port: gateway.adminPort)
        try client.send("GET /admin/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        let head = try await client.reply(toHead: true)
        _ = try await gateway.get(Fixtures.active)
        let first = try await client.read(until: "\n\nevent: state\n")
        let second = try await client.read(until: "\n\nevent: state\n")

        try await gateway.stop()
        let rest = try await client.rest()

        #expect(head.status == 200 && head["Content-Type"] == "text/event-stream")
        #expect(!head.has("Content-Length") && head["Connection"] == "close")
        #expect(first.hasPrefix("retry: 2000\n\nevent: state\n"))
        #expect(second.hasPrefix("data: {") && second.contains("\"overview\""))
        #expect(String(decoding: rest, as: UTF8.self).hasSuffix("}\n\n"))
    }

    @Test func `seventeen pages are one too many, and one that closes makes room`() async throws {
        try await withGateway { gateway in
            var clients: [Client] = []
            for _ in 0..<16 {
                let client = try Client(port: gateway.adminPort)
                try client.send("GET /admin/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(try await client.reply(toHead: true).status == 200)
                clients.append(client)
            }
            let refused = try await gateway.ask("/admin/events")
            clients.removeLast().close()
            let isLetIn = await eventually {
                do {
                    return try await gateway.ask("/admin/events").status == 200
                } catch {
                    return false
                }
            }

            #expect(refused.status == 503 && refused["Retry-After"] == "3")
            #expect(isLetIn)
        }
    }

}
