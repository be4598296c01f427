// The PROXY protocol on a listener: whose request it is, and what is closed.

import Configuration
import Edge
import Pipeline
import Support
import Testing

@Suite struct ProxyProtocolTests {
    private static let four = "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n"

    private func withProxy(
        _ handler: ScriptedHandler, _ change: (inout Terms) -> Void = { _ in },
        _ test: (RunningEdge) async throws -> Void
    ) async throws {
        try await withEdge(
            handler,
            {
                $0.listener.proxyProtocol = true
                change(&$0)
            }, test)
    }

    @Test func `the client is who the balancer says it is`() async throws {
        let handler = ScriptedHandler()
        try await withProxy(handler) { edge in
            let client = try edge.client()
            try client.send(Self.four + get("/first"))
            _ = try client.reply()
            try client.send(get("/second"))
            _ = try client.reply()

            #expect(handler.requests.map(\.client) == ["192.0.2.1", "192.0.2.1"])
            #expect(handler.requests.map(\.forwarded) == Array(repeating: "for=192.0.2.1;proto=http", count: 2))
        }
    }

    @Test func `bytes may come one by one`() async throws {
        let handler = ScriptedHandler()
        try await withProxy(handler) { edge in
            let client = try edge.client()
            for byte in (Self.four + get("/")).utf8 { try client.send([byte]) }
            let reply = try client.reply()

            #expect(reply.status == 200)
            #expect(handler.requests.map(\.client) == ["192.0.2.1"])
        }
    }

    @Test func `a balancer that speaks for itself is the client`() async throws {
        let handler = ScriptedHandler()
        try await withProxy(handler) { edge in
            let client = try edge.client()
            try client.send("PROXY UNKNOWN\r\n" + get("/"))
            _ = try client.reply()

            #expect(handler.requests.map(\.client) == ["127.0.0.1"])
        }
    }

    @Test(arguments: [get("/"), "PROXY TCP4 nonsense\r\n" + get("/"), "\u{16}\u{3}\u{1}", "PROXY TCP4 \n"])
    func `without a header it is closed without an answer`(sent: String) async throws {
        let handler = ScriptedHandler()
        try await withProxy(handler) { edge in
            let client = try edge.client()
            try client.send(sent)

            // A reset, if something was not read yet.
            do { #expect(try client.rest() == "") } catch {}
            await eventually { edge.server.openConnections == 0 }
            #expect(edge.server.openConnections == 0)
            #expect(handler.requests.isEmpty)
        }
    }

    @Test(arguments: ["", "PROXY TCP4 192.0.2.1"])
    func `a header that is not there in time is not waited for`(sent: String) async throws {
        try await withProxy(ScriptedHandler(), { $0.timeouts.headers = .milliseconds(100) }) { edge in
            let client = try edge.client()
            try client.send(sent)

            #expect(try client.rest() == "")
            await eventually { edge.server.openConnections == 0 }
            #expect(edge.server.openConnections == 0)
        }
    }

    @Test func `a client that leaves within the header is forgotten`() async throws {
        try await withProxy(ScriptedHandler()) { edge in
            for leave in [{ $0.close() }, { $0.reset() }, { $0.finish() }] as [(Client) -> Void] {
                let client = try edge.client()
                try client.send("PROXY TCP4 192.0.2.1")
                await eventually { edge.server.openConnections == 1 }
                leave(client)

                await eventually { edge.server.openConnections == 0 }
                #expect(edge.server.openConnections == 0)
            }
        }
    }

    @Test func `a connection without its header is no reason to wait when the server ends`() async throws {
        try await withProxy(ScriptedHandler()) { edge in
            let client = try edge.client()
            try client.send("PROXY TCP4 192.0.2.1")
            await eventually { edge.server.openConnections == 1 }

            await edge.server.drain(within: .seconds(60))

            do { #expect(try client.rest() == "") } catch {}
        }
    }

    @Test(arguments: [true, false]) func `curl speaks it, before TLS too`(overTLS: Bool) async throws {
        let handler = ScriptedHandler()
        let certificates = try await TestCertificates()
        let files = try await certificates.make("first")
        try await withProxy(handler, { if overTLS { $0.listener.tls = ListenerTLS([files]) } }) { edge in
            let said = try await output(
                of: "curl",
                [
                    "--silent", "--show-error", "--max-time", "30", "--cacert", certificates.authority,
                    "--haproxy-protocol", "--resolve", "localhost:\(edge.port):127.0.0.1",
                    "\(overTLS ? "https" : "http")://localhost:\(edge.port)/path",
                ])

            #expect(said == "/path")
            #expect(handler.requests.map(\.client) == ["127.0.0.1"])
            #expect(handler.requests.map(\.scheme) == [overTLS ? .https : .http])
        }
    }
}
