// What the edge does by the clock.

import Configuration
import Edge
import Pipeline
import Testing

@Suite struct TimeoutTests {
    @Test(arguments: ["G", "GET / HTTP/1.1\r\nHost: gate", get("/", "Content-Length: 5\r\n") + "ab"])
    func `a request that is not complete in time is told so`(text: String) async throws {
        let handler = ScriptedHandler()
        try await withEdge(handler, { $0.timeouts.headers = .milliseconds(30) }) { edge in
            let client = try edge.client()

            try client.send(text)
            let reply = try client.reply()

            #expect(reply.status == 408)
            #expect(reply.fields["connection"] == "close")
            #expect(try client.rest() == "")
            #expect(handler.requests.first?.refused?.kind == .requestTimeout)
        }
    }

    @Test func `a connection on which nothing comes is closed without a word`() async throws {
        let handler = ScriptedHandler()
        try await withEdge(handler, { $0.timeouts.idle = .milliseconds(30) }) { edge in
            let silent = try edge.client()
            let used = try edge.client()

            try used.send(get("/"))
            _ = try used.reply()

            #expect(try silent.rest() == "")
            #expect(try used.rest() == "")
        }
        #expect(handler.requests.count == 1)
    }

    @Test func `a request in progress may take longer than all of the edge's times`() async throws {
        let handler = ScriptedHandler { _ in nil }
        try await withEdge(
            handler,
            {
                $0.timeouts.idle = .milliseconds(20)
                $0.timeouts.headers = .milliseconds(20)
                $0.timeouts.write = .milliseconds(20)
            }
        ) { edge in
            let client = try edge.client()
            try client.send(get("/") + get("/next"))
            _ = handler.waitForRequests(1)
            // Two that come later are over before.
            for _ in 0..<2 { _ = try edge.client().rest() }

            handler.answer("/")
            let reply = try client.reply()
            let next = handler.waitForRequests(2)

            #expect(reply.status == 200)
            #expect(next.count == 2)
        }
    }

    @Test func `a client that does not read is left`() async throws {
        let handler = ScriptedHandler { _ in Response(status: 200, body: Array(repeating: 0, count: 30_000_000)) }
        try await withEdge(handler, { $0.timeouts.write = .milliseconds(30) }) { edge in
            let client = try edge.client()
            client.narrow()

            try client.send(get("/"))
            _ = handler.waitForRequests(1)
            await eventually { edge.server.openConnections == 0 }

            #expect(edge.server.openConnections == 0)
        }
    }

    @Test(
        arguments: [
            ("", "GET"), ("GET /", "a"), ("GET / HTTP/1.1\r\nX-A: ", "a"), ("GET / HTTP/1.1\r\n", "A: b\r\n"),
            (get("/", "Content-Length: 60000\r\n"), "a"), (RefusalTests.chunked("ea60\r\n"), "a"),
            (RefusalTests.chunked(""), "1\r\na\r\n"), (RefusalTests.chunked("0\r\n"), "A: b\r\n"),
        ])
    func `a request whose bytes drip is over when its time is`(start: String, drops: String) async throws {
        let handler = ScriptedHandler()
        try await withEdge(
            handler,
            {
                $0.timeouts.headers = .milliseconds(100)
                $0.limits.headerCount = 100_000
            }
        ) { edge in
            let client = try edge.client()

            let began = ContinuousClock.now
            try client.send(start)
            _ = try client.drip(Array(drops.utf8), atMost: 15_000)
            let took = began.duration(to: .now)
            let reply = try client.reply()

            #expect(reply.status == 408)
            #expect(reply.fields["connection"] == "close")
            #expect(try client.rest() == "")
            #expect(took >= .milliseconds(100))
            #expect(handler.requests.count == 1)
        }
    }

    @Test func `empty lines do not keep a connection alive`() async throws {
        try await withEdge(ScriptedHandler(), { $0.timeouts.idle = .milliseconds(100) }) { edge in
            let client = try edge.client()

            let dripped = try client.drip(Array("\r\n".utf8), atMost: 15_000)

            #expect(dripped < 15_000)
            #expect(try client.rest() == "")
        }
    }

    @Test func `a client that sips its answer is left`() async throws {
        let handler = ScriptedHandler { _ in Response(status: 200, body: Array(repeating: 0, count: 30_000_000)) }
        try await withEdge(handler, { $0.timeouts.write = .milliseconds(100) }) { edge in
            let client = try edge.client()
            client.narrow()

            try client.send(get("/"))
            _ = handler.waitForRequests(1)
            _ = client.sip(atMost: 200)
            await eventually { edge.server.openConnections == 0 }

            #expect(edge.server.openConnections == 0)
        }
    }

    @Test func `a client that takes longer than that for its answer, but goes on taking it, gets it whole`()
        async throws
    {
        let size = 20_000_000
        let handler = ScriptedHandler { _ in Response(status: 200, body: Array(repeating: 0, count: size)) }
        try await withEdge(handler, { $0.timeouts.write = .milliseconds(400) }) { edge in
            let client = try edge.client()
            let began = ContinuousClock.now

            try client.send(get("/", "Connection: close\r\n"))
            _ = handler.waitForRequests(1)
            let taken = try client.takeSlowly(for: .milliseconds(1200))
            let rest = try client.takeRest()

            #expect(began.duration(to: .now) > .milliseconds(1200))
            #expect(taken < size / 2)
            #expect(taken + rest > size)
        }
    }

    @Test func `a client that does not close after the last answer is left`() async throws {
        try await withEdge(ScriptedHandler(), { $0.closing.linger = .milliseconds(30) }) { edge in
            let client = try edge.client()

            try client.send(get("/", "Connection: close\r\n"))
            let reply = try client.rest()
            await eventually { edge.server.openConnections == 0 }

            #expect(reply.hasPrefix("HTTP/1.1 200 OK"))
            #expect(edge.server.openConnections == 0)
        }
    }
}
