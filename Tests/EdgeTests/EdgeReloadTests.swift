// Other settings for an edge that serves: who is there notices nothing, unless the way it came is no more.

import Configuration
import NIOCore
import NIOPosix
import Pipeline
import Support
import Testing

@testable import Edge

@Suite struct EdgeReloadTests {
    private func listener(_ port: Int, host: String = "127.0.0.1") -> ListenerSettings {
        var listener = ListenerSettings()
        listener.address = ListenAddress(host: host, port: port)
        return listener
    }

    /// A port that was free a moment ago.
    private func freePort() async throws -> Int {
        var port = 0
        try await withEdge(ScriptedHandler()) { port = $0.port }
        return port
    }

    @Test func `a listener that stays keeps its connections, and its port`() async throws {
        try await withEdge(ScriptedHandler()) { edge in
            let client = try edge.client()
            try client.send(get("/before"))
            let before = try client.reply()

            try await edge.reload { $0.timeouts.idle = .seconds(1) }
            try client.send(get("/after"))
            let after = try client.reply()

            #expect(before.body == "/before")
            #expect(after.body == "/after" && after.fields["connection"] == nil)
            #expect(edge.server.boundAddresses.map(\.port) == [edge.port])
        }
    }

    @Test func `new connections keep to new limits, old ones to their own`() async throws {
        try await withEdge(ScriptedHandler(), { $0.limits.requestLine = 100 }) { edge in
            let long = "/" + String(repeating: "x", count: 200)
            let old = try edge.client()
            try old.send(get("/"))
            _ = try old.reply()

            try await edge.reload { $0.limits.requestLine = 300 }
            let new = try edge.client()
            try new.send(get(long))
            try old.send(get(long))

            #expect(try new.reply().body == long)
            #expect(try old.reply().status == 414)
        }
    }

    @Test func `a limit of connections holds from now on`() async throws {
        let handler = ScriptedHandler { $0.path == "/busy" ? nil : Response(echoing: $0) }
        try await withEdge(handler) { edge in
            let busy = try edge.client()
            try busy.send(get("/busy"))
            _ = handler.waitForRequests(1)

            try await edge.reload { $0.limits.connections = 1 }
            let tooMany = try edge.client()
            try tooMany.send(get("/"))
            let refusal = try tooMany.reply()
            handler.answer("/busy")

            #expect(refusal.status == 503)
            #expect(try busy.reply().status == 200)
        }
    }

    @Test func `a new listener serves, and one that is gone ends its connections with their answers`() async throws {
        let handler = ScriptedHandler { $0.path == "/busy" ? nil : Response(echoing: $0) }
        try await withEdge(handler) { edge in
            let (busy, idle) = (try edge.client(), try edge.client())
            try busy.send(get("/busy"))
            try idle.send(get("/"))
            _ = try idle.reply()
            _ = handler.waitForRequests(2)

            try await edge.reload([listener(0, host: "localhost")])
            let new = try Client(port: try #require(edge.server.boundAddresses.first?.port))
            try new.send(get("/new"))
            handler.answer("/busy", Response(status: 200, body: Array("done".utf8)))
            let done = try busy.reply()

            #expect(try new.reply().body == "/new")
            #expect(done.body == "done" && done.fields["connection"] == "close")
            #expect(try idle.rest().isEmpty)
            #expect(throws: Client.Broken.self) { try edge.client() }
            #expect(edge.server.boundAddresses.count == 1)
        }
    }

    @Test func `what a client sends before it could know that its listener is gone is answered`() async throws {
        try await withEdge(ScriptedHandler(), { $0.closing.lastRequest = .seconds(10) }) { edge in
            let client = try edge.client()
            try client.send(get("/one"))
            _ = try client.reply()

            try await edge.reload([])
            try client.send(get("/two"))
            let last = try client.reply()

            #expect(last.body == "/two" && last.fields["connection"] == "close")
            #expect(try client.rest().isEmpty)
        }
    }

    @Test func `a request that takes too long for its listener's end is given up`() async throws {
        let handler = ScriptedHandler(lastWord: Response(status: 503)) { _ in nil }
        try await withEdge(handler) { edge in
            let client = try edge.client()
            try client.send(get("/slow"))
            _ = handler.waitForRequests(1)

            let prepared = try await edge.server.prepare(
                listeners: [], trustedProxies: [], limits: edge.terms.limits, timeouts: edge.terms.timeouts)
            await edge.server.take(up: prepared, ending: .milliseconds(50))

            #expect(try client.reply().status == 503)
        }
    }

    @Test func `an address that is taken is a problem, and nothing has changed`() async throws {
        let free = try await freePort()
        try await withEdge(ScriptedHandler()) { other in
            try await withEdge(ScriptedHandler()) { edge in
                var broken = listener(free)
                broken.tls = ListenerTLS(certificate: "/none.crt", key: "/none.key")
                let error = await #expect(throws: CannotServe.self) {
                    try await edge.reload([listener(other.port), broken])
                }
                let client = try edge.client()
                try client.send(get("/still"))

                #expect(
                    error?.problems.map(\.description) == [
                        "cannot listen on 127.0.0.1:\(other.port): Address already in use",
                        "/none.crt: cannot be read: No such file or directory",
                    ])
                #expect(try client.reply().body == "/still")
                #expect(throws: Client.Broken.self) { try Client(port: free) }
            }
        }
    }

    @Test func `a listener that speaks TLS from now on ends what was spoken without`() async throws {
        try await withTLS { running in
            let tls = running.edge.terms.listener
            var plain = tls
            plain.tls = nil
            try await running.edge.reload([plain])
            let client = try running.edge.client()
            try client.send(get("/plain"))
            let before = try client.reply()

            try await running.edge.reload([tls])

            #expect(before.body == "/plain")
            #expect(try await running.curl("/secret") == "/secret")
            #expect(try client.rest().isEmpty)
        }
    }

    @Test func `who is let in only after its way in was closed is let go at once`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let settings = EdgeSettings(
            limits: LimitSettings(), timeouts: ServerTimeouts(), closing: ClosingTimes(), handler: ScriptedHandler())
        let loops = try await EdgeLoops(group, settings: settings)
        let way = Listener(at: ListenAddress(host: "127.0.0.1", port: 0), Entrance(listener(0), .none))
        try await way.bind(group, loops, accepts: true)
        way.entrance.close()

        let client = try Client(port: try #require(way.boundAddress?.port))
        let rest = try client.rest()
        await eventually { loops.admission.open == 0 }

        #expect(rest == "")
        #expect(loops.admission.open == 0)
        try await way.close(settling: loops)
        try await group.shutdownGracefully()
    }

    @Test func `an HTTP/2 client of a listener that is gone is told to go`() async throws {
        try await withEdge(ScriptedHandler()) { edge in
            let client = try HTTP2Client(edge)
            try client.send(Wire.headers(1, Wire.get()))
            let answer = try client.answer(on: 1)

            try await edge.reload([])
            let end = try client.first { if case .goAway = $0 { true } else { false } }

            #expect(answer.status == 200)
            #expect(end != .end)
            #expect(try client.first { _ in false } == .end)
        }
    }
}
