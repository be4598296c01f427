// Requests that are none still get the standard error object, end their connection, and harm nobody else, however their
// bytes are split.

import StubUpstreams
import Support
import Testing

@Suite struct MalformedRequestTests {
    /// How one case went: what was refused, and how soon another client was served behind it.
    private struct Outcome {
        var reply: HTTPReply
        var rest: [UInt8]
        var next: HTTPReply
        var nextTook: Duration
    }

    /// Sends the pieces on a connection of their own, and behind them a request that would be answered. Then another
    /// client asks.
    private func send(_ pieces: [[UInt8]], to gateway: RunningGateway, after first: String? = nil) async throws
        -> Outcome
    {
        let client = try Client(port: gateway.port)
        if let first {
            try client.send(first)
            #expect(try await client.reply().status == 200)
        }
        // The answer may come, and the connection end, before all of it is sent.
        do {
            for piece in pieces { try client.send(piece) }
            try client.send(gateway.request(MalformedRequest.path))
        } catch is Client.Broken {}
        let reply = try await client.reply()
        let rest = try await client.rest()
        client.close()
        let start = ContinuousClock.now
        let next = try await gateway.get(Fixtures.active)
        return Outcome(reply: reply, rest: rest, next: next, nextTook: start.duration(to: .now))
    }

    private func check(_ status: Int, _ context: Comment, _ send: () async throws -> Outcome) async {
        let outcome: Outcome
        do { outcome = try await send() } catch {
            Issue.record(error, context)
            return
        }
        expectError(outcome.reply, status: status, nil, context)
        #expect(outcome.reply["Connection"] == "close", context)
        #expect(outcome.reply.has("Allow") == (status == 405), context)
        if status != 405 {
            let isNamed = outcome.reply["Proxy-Status"]?.hasPrefix("conversation-gateway; error=http_request_error")
            #expect(isNamed == true, context)
        }
        #expect(!outcome.reply.has("Server-Timing"), context)
        #expect(outcome.rest.isEmpty, context)
        #expect(outcome.next.status == 200, context)
        #expect(outcome.nextTook < .seconds(1), context)
    }

    @Test func `refuses each with the standard error, reads nothing behind it, and goes on`() async throws {
        try await withGateway { gateway in
            // The first request of a gateway opens its upstream connections, which is not what the second below is for.
            let first = try await gateway.get(Fixtures.active)
            #expect(first.status == 200)
            for item in MalformedRequest.all {
                await check(item.status, "\(item.name)") {
                    try await send([item.bytes(key: gateway.key)], to: gateway)
                }
            }
            // Five for each that was answered, none for those that were refused.
            #expect(gateway.stubs.calls.count == 5 * (MalformedRequest.all.count + 1))
            #expect(await gateway.idle().isEmpty)
        }
        #expect(MalformedRequest.all.count >= 100)
        let names = Dictionary(grouping: MalformedRequest.all, by: \.name)
        #expect(names.filter { $0.value.count > 1 }.keys.sorted() == [])
    }

    @Test(arguments: [1, 2] as [UInt64])
    func `refuses each in the same way when its bytes come in pieces`(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        try await withGateway { gateway in
            for item in MalformedRequest.all {
                let bytes = item.bytes(key: gateway.key)
                let cuts = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                    Int.random(in: 0...bytes.count, using: &random)
                }
                let ends = ([0] + cuts + [bytes.count]).sorted()
                let pieces = zip(ends, ends.dropFirst()).map { Array(bytes[$0..<$1]) }

                await check(item.status, "\(item.name), cut at \(cuts)") { try await send(pieces, to: gateway) }
            }
        }
    }

    @Test func `refuses in the same way what comes byte by byte`() async throws {
        try await withGateway { gateway in
            for (number, item) in MalformedRequest.all.enumerated() where number % 4 == 0 {
                let bytes = item.bytes(key: gateway.key)
                let pieces = bytes.prefix(600).map { [$0] } + [Array(bytes.dropFirst(600))]

                await check(item.status, "\(item.name)") { try await send(pieces, to: gateway) }
            }
        }
    }

    @Test(
        arguments: [
            MalformedRequest("HTTP/2's preface", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u{4}\0\0\0\0\0"),
            MalformedRequest("TLS", 400, "\u{16}\u{3}\u{1}\0\u{5}\u{1}\0\0\u{1}\0"),
            MalformedRequest("a PROXY line", 400, "PROXY TCP4 10.1.2.3 10.1.2.4 1 2\r\n"),
            MalformedRequest("PROXY version 2", 400, "\r\n\r\n\0\r\nQUIT\n\u{20}\0\0\0"),
            MalformedRequest("a frame of HTTP/2", 400, "\0\0\0\u{4}\0\0\0\0\0"),
            MalformedRequest("a body nobody announced", 400, "abcde\r\n"),
            MalformedRequest("a NUL", 400, "\0"),
        ])
    func `refuses another protocol behind a request that was answered`(_ item: MalformedRequest) async throws {
        try await withGateway { gateway in
            let first = gateway.request(MalformedRequest.path)

            await check(item.status, "\(item.name)") {
                try await send([item.bytes(key: gateway.key)], to: gateway, after: first)
            }
        }
    }

    @Test func `keeps the request id where it was read`() async throws {
        try await withGateway { gateway in
            let reply = try await gateway.get(Fixtures.active, [("X-Request-Id", "kept"), ("Content-Length", "65537")])

            expectError(reply, status: 413)
            #expect(reply["X-Request-Id"] == "kept")
        }
    }

    @Test(arguments: [
        "", "GET", "GET / HTTP/1.1\r\nHost: a\r\n", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab",
    ])
    func `answers a request that does not end with a 408`(_ start: String) async throws {
        try await withGateway(
            configuration: { $0.replacing("server:", with: "server:\n  timeouts: { headers: 100ms, idle: 300ms }") },
            { gateway in
                let client = try Client(port: gateway.port)
                try client.send(start)
                // On which nothing came at all there is nothing to answer.
                guard !start.isEmpty else { return #expect(try await client.rest().isEmpty) }
                let reply = try await client.reply()

                expectError(reply, status: 408)
                #expect(reply["Proxy-Status"]?.hasPrefix("conversation-gateway; error=http_request_error") == true)
                #expect(reply["Connection"] == "close")
                #expect(try await client.rest().isEmpty)
            })
    }
}
