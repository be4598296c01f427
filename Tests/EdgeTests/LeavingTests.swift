// Clients that leave (contract, section 7): what is in progress for them is cancelled, once.

import Edge
import Pipeline
import Testing

@Suite struct LeavingTests {
    /// Longer than any test lasts: what happens before is not because this time is over.
    private static let forever = Duration.seconds(60)

    @Test func `a reset cancels the request at once`() async throws {
        let handler = ScriptedHandler { _ in nil }
        try await withEdge(handler, { $0.closing.halfClosed = Self.forever }) { edge in
            let client = try edge.client()
            try client.send(get("/"))
            _ = handler.waitForRequests(1)

            client.reset()

            #expect(handler.waitForCancellations(1) == ["/"])
        }
        #expect(handler.cancellations == ["/"])
    }

    @Test func `a reset is noticed while reading is paused`() async throws {
        let handler = ScriptedHandler { _ in nil }
        try await withEdge(handler, { $0.closing.halfClosed = Self.forever }) { edge in
            let client = try edge.client()
            try client.send(get("/first"))
            _ = handler.waitForRequests(1)
            let request = Array(get("/more").utf8)
            let sent = client.sendAsMuchAsFits((0..<1000).flatMap { _ in request })

            client.reset()

            #expect(handler.waitForCancellations(1) == ["/first"])
            // The kernels' buffers were full, not ours.
            #expect(sent < 20_000_000)
        }
        #expect(handler.requests.count == 1)
    }

    @Test func `a client that closes has its request cancelled after the time of a half-close`() async throws {
        let handler = ScriptedHandler { _ in nil }
        try await withEdge(handler, { $0.closing.halfClosed = .milliseconds(20) }) { edge in
            let client = try edge.client()
            try client.send(get("/"))
            _ = handler.waitForRequests(1)

            client.close()

            #expect(handler.waitForCancellations(1) == ["/"])
        }
        #expect(handler.cancellations == ["/"])
    }

    @Test func `a client that closes behind a request sent ahead has its first cancelled, its second never begun`()
        async throws
    {
        let handler = ScriptedHandler { _ in nil }
        try await withEdge(handler, { $0.closing.halfClosed = .milliseconds(20) }) { edge in
            let client = try edge.client()
            try client.send(get("/first") + get("/second"))
            _ = handler.waitForRequests(1)

            client.close()

            #expect(handler.waitForCancellations(1) == ["/first"])
        }
        #expect(handler.requests.map(\.path) == ["/first"])
        #expect(handler.cancellations == ["/first"])
    }

    @Test func `an answer that is ready soon after a half-close is delivered`() async throws {
        let handler = ScriptedHandler { _ in nil }
        try await withEdge(handler, { $0.closing.halfClosed = Self.forever }) { edge in
            let client = try edge.client()
            try client.send(get("/"))
            client.finish()
            _ = handler.waitForRequests(1)

            handler.answer("/", Response(status: 200, body: Array("late".utf8)))
            let reply = try client.reply()

            #expect(reply.body == "late")
            #expect(try client.rest() == "")
        }
        #expect(handler.cancellations == [])
    }

    @Test func `all requests sent before a half-close are answered`() async throws {
        try await withEdge(ScriptedHandler(), { $0.closing.halfClosed = Self.forever }) { edge in
            let client = try edge.client()
            try client.send(get("/1") + get("/2") + get("/3") + "GET /inc")

            client.finish()
            let bodies = try (1...3).map { _ in try client.reply().body }

            #expect(bodies == ["/1", "/2", "/3"])
            #expect(try client.rest() == "")
        }
    }

    @Test func `an answer that comes later after a half-close is not written`() async throws {
        let handler = ScriptedHandler { _ in nil }
        try await withEdge(handler, { $0.closing.halfClosed = .milliseconds(20) }) { edge in
            let client = try edge.client()
            try client.send(get("/"))
            client.finish()

            let rest = try client.rest()
            handler.answer("/")

            #expect(rest == "")
            #expect(handler.waitForCancellations(1) == ["/"])
        }
        #expect(handler.cancellations == ["/"])
    }

    @Test(arguments: ["", "GET / HT", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab"])
    func `a half-close without a complete request closes`(text: String) async throws {
        let handler = ScriptedHandler()
        try await withEdge(handler) { edge in
            let client = try edge.client()

            try client.send(text)
            client.finish()

            #expect(try client.rest() == "")
        }
        #expect(handler.requests.isEmpty)
    }

    @Test func `a client that leaves after its answer cancels nothing`() async throws {
        let handler = ScriptedHandler()
        try await withEdge(handler) { edge in
            let client = try edge.client()
            try client.send(get("/"))
            _ = try client.reply()

            client.reset()
            await eventually { edge.server.openConnections == 0 }

            #expect(edge.server.openConnections == 0)
        }
        #expect(handler.cancellations == [])
    }

    @Test func `a thousand connections leave nothing behind`() async throws {
        try await withEdge(ScriptedHandler(), { $0.threads = 2 }) { edge in
            for round in 0..<10 {
                let clients = try (0..<100).map { _ in try edge.client() }
                for client in clients { try client.send(get("/")) }
                for client in clients { _ = try client.reply() }
                for client in clients { round.isMultiple(of: 2) ? client.close() : client.reset() }
            }
            await eventually { edge.server.openConnections == 0 && onlyListens(at: edge.port) }

            #expect(edge.server.openConnections == 0)
            let left = try sockets(at: edge.port)
            #expect(left == ["0A"])
        }
    }
}
