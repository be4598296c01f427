// Start and end of the edge.

import Configuration
import Edge
import Logging
import Pipeline
import Testing

@Suite struct ServerTests {
    private func start(_ ports: [Int], _ change: (inout ListenerSettings) -> Void = { _ in }) async throws -> EdgeServer
    {
        let listeners = ports.map { port in
            var listener = ListenerSettings()
            listener.address = ListenAddress(host: "127.0.0.1", port: port)
            change(&listener)
            return listener
        }
        return try await EdgeServer.start(
            listeners: listeners, limits: LimitSettings(), timeouts: ServerTimeouts(), threads: 2,
            handler: ScriptedHandler(), logger: Logger(label: "edge"))
    }

    @Test func `several listeners serve, each at its address`() async throws {
        let server = try await start([0, 0])
        let ports = server.boundAddresses.map(\.port)

        for port in ports {
            let client = try Client(port: port)
            try client.send(get("/\(port)"))
            #expect(try client.reply().body == "/\(port)")
        }
        await server.drain(within: .zero)

        #expect(Set(ports).count == 2)
        for port in ports { #expect(try sockets(at: port) == []) }
    }

    @Test func `an address in use is named, and nothing stays bound`() async throws {
        let other = try await start([0])
        let taken = try #require(other.boundAddresses.first?.port)
        let free = try await start([0])
        let freed = try #require(free.boundAddresses.first?.port)
        await free.drain(within: .zero)

        let error = await #expect(throws: CannotListen.self) { try await start([freed, taken]) }

        #expect(error?.description == "cannot listen on 127.0.0.1:\(taken): Address already in use")
        #expect(try sockets(at: freed) == [])
        await other.drain(within: .zero)
    }

    @Test func `a name that does not resolve is named`() async throws {
        await #expect(throws: CannotListen.self) { try await start([0]) { $0.address.host = "name.invalid" } }
    }

    @Test func `what is to be TLS is not served in cleartext`() async throws {
        await #expect(throws: CannotListen.self) {
            try await start([0]) { $0.tls = ListenerTLS(certificate: "/a", key: "/b") }
        }
        await #expect(throws: CannotListen.self) { try await start([0]) { $0.proxyProtocol = true } }
    }

    @Test func `a drain closes idle connections, waits for busy ones and accepts no more`() async throws {
        let handler = ScriptedHandler { $0.path == "/busy" ? nil : Response(echoing: $0) }
        try await withEdge(handler) { edge in
            let idle = try edge.client(), busy = try edge.client()
            try idle.send(get("/"))
            _ = try idle.reply()
            try busy.send(get("/busy"))
            _ = handler.waitForRequests(2)

            async let drained: Void = edge.server.drain(within: .seconds(60))
            let rest = try idle.rest()
            #expect(throws: Client.Broken.self) { try edge.client() }
            handler.answer("/busy")
            let reply = try busy.reply()
            busy.close()
            await drained

            #expect(rest == "")
            #expect(reply.status == 200)
            #expect(reply.fields["connection"] == "close")
            #expect(try sockets(at: edge.port) == [])
        }
        #expect(handler.cancellations == [])
    }

    @Test func `a drain whose time is over cancels what is left`() async throws {
        let handler = ScriptedHandler { _ in nil }
        try await withEdge(handler) { edge in
            let client = try edge.client()
            try client.send(get("/"))
            _ = handler.waitForRequests(1)

            await edge.server.drain(within: .milliseconds(20))
            handler.answer("/")

            #expect(handler.cancellations == ["/"])
            #expect(try client.rest() == "")
        }
    }

    @Test func `after accepting has stopped, what was accepted goes on`() async throws {
        try await withEdge(ScriptedHandler()) { edge in
            let client = try edge.client()
            try client.send(get("/1"))
            _ = try client.reply()

            await edge.server.stopAccepting()
            try client.send(get("/2"))

            #expect(try client.reply().body == "/2")
            #expect(throws: Client.Broken.self) { try edge.client() }
        }
    }
}
