// Start and end of the edge.

import Configuration
import Dispatch
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
        await #expect(throws: CannotUseCertificate.self) {
            try await start([0]) { $0.tls = ListenerTLS(certificate: "/a", key: "/b") }
        }
    }

    @Test func `a drain closes idle connections, waits for busy ones and accepts no more`() async throws {
        let handler = ScriptedHandler { $0.path == "/busy" ? nil : Response(echoing: $0) }
        try await withEdge(handler) { edge in
            let idle = try edge.client(), busy = try edge.client()
            try idle.send(get("/"))
            _ = try idle.reply()
            try busy.send(get("/busy"))
            _ = handler.waitForRequests(2)

            async let drained = edge.server.drain(within: .seconds(60))
            let rest = try idle.rest()
            #expect(throws: Client.Broken.self) { try edge.client() }
            handler.answer("/busy")
            let reply = try busy.reply()
            busy.close()
            let cut = await drained

            #expect(rest == "")
            #expect(reply.status == 200)
            #expect(reply.fields["connection"] == "close")
            #expect(cut == 0)
            #expect(try sockets(at: edge.port) == [])
        }
        #expect(handler.cancellations == [])
    }

    @Test func `what waits to be accepted when a server ends is served`() async throws {
        let gate = Gate()
        let handler = ScriptedHandler { request in
            if request.path == "/gate" { gate.stop() }
            return Response(echoing: request)
        }
        try await withEdge(handler) { edge in
            let first = try edge.client()
            try first.send(get("/gate"))
            gate.waitForCaller()
            // The only loop is held up: nobody accepts these.
            let waiting = try (0..<100).map { _ in try edge.client() }
            for (number, client) in waiting.enumerated() { try client.send(get("/\(number)")) }

            async let drained = edge.server.drain(within: .seconds(60))
            for _ in 0..<1000 { await Task.yield() }
            gate.open()
            let bodies = try waiting.map { try $0.reply().body }
            for client in waiting + [first] { client.close() }

            #expect(bodies == (0..<100).map { "/\($0)" })
            #expect(await drained == 0)
        }
    }

    @Test func `a server that is about to end accepts and answers, and closes with each answer`() async throws {
        try await withEdge(ScriptedHandler(), { $0.threads = 2 }) { edge in
            let kept = try edge.client()
            try kept.send(get("/1"))
            let before = try kept.reply()

            await edge.server.beginEnding()
            try kept.send(get("/2"))
            let last = try kept.reply()
            let new = try edge.client()
            try new.send(get("/3") + get("/4"))
            let first = try new.reply()

            #expect(before.fields["connection"] == nil)
            #expect((last.status, last.body) == (200, "/2"))
            #expect(last.fields["connection"] == "close")
            #expect(try kept.rest() == "")
            #expect((first.status, first.body) == (200, "/3"))
            #expect(first.fields["connection"] == "close")
            #expect(try new.rest() == "")
        }
    }

    @Test func `a server that is about to end leaves idle connections open`() async throws {
        try await withEdge(ScriptedHandler()) { edge in
            let clients = try (0..<3).map { _ in try edge.client() }
            await eventually { edge.server.openConnections == 3 }

            await edge.server.beginEnding()
            for client in clients { try client.send(get("/")) }

            for client in clients { #expect(try client.reply().fields["connection"] == "close") }
        }
    }

    @Test func `a drain answers what was sent on an idle connection before the client could know`() async throws {
        try await withEdge(ScriptedHandler(), { $0.closing.lastRequest = .seconds(60) }) { edge in
            let kept = try edge.client(), new = try edge.client()
            try kept.send(get("/1"))
            _ = try kept.reply()
            await eventually { edge.server.openConnections == 2 }

            async let cut = edge.server.drain(within: .seconds(60))
            await eventually { onlyTalks(at: edge.port) }
            try kept.send(get("/2"))
            try new.send(get("/3"))
            let last = try kept.reply(), only = try new.reply()
            kept.close()
            new.close()

            #expect(last.body == "/2" && last.fields["connection"] == "close")
            #expect(only.body == "/3" && only.fields["connection"] == "close")
            #expect(await cut == 0)
        }
    }

    @Test func `a drain says how many requests it cut`() async throws {
        let handler = ScriptedHandler { _ in nil }
        try await withEdge(handler, { $0.threads = 2 }) { edge in
            let clients = try (0..<5).map { _ in try edge.client() }
            for (number, client) in clients.enumerated() { try client.send(get("/\(number)")) }
            let idle = try edge.client()
            _ = handler.waitForRequests(5)

            let cut = await edge.server.drain(within: .milliseconds(20))

            #expect(cut == 5)
            #expect(try idle.rest() == "")
        }
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

    @Test func `a drain whose time is over says so to those that wait`() async throws {
        let handler = ScriptedHandler(lastWord: Response(status: 503)) { _ in nil }
        try await withEdge(handler, { $0.closing.lastWord = .seconds(60) }) { edge in
            let client = try edge.client()
            try client.send(get("/"))
            _ = handler.waitForRequests(1)

            async let cut = edge.server.drain(within: .milliseconds(20))
            let reply = try client.reply()
            client.close()

            #expect(reply.status == 503)
            #expect(reply.fields["connection"] == "close")
            #expect(await cut == 1)
        }
        #expect(handler.cancellations == [])
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

/// Holds up the thread that comes to it.
private final class Gate: Sendable {
    private let arrived = DispatchSemaphore(value: 0)
    private let opened = DispatchSemaphore(value: 0)

    func stop() {
        arrived.signal()
        _ = opened.wait(timeout: .now() + 30)
    }

    func waitForCaller() { _ = arrived.wait(timeout: .now() + 30) }

    func open() { opened.signal() }
}
