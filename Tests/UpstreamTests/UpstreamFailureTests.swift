// Calls over the wire that go wrong, and what they are called.

import Configuration
import Pipeline
import StubUpstreams
import Support
import Testing
import Upstream

@Suite(.timeLimit(.minutes(1)))
struct UpstreamFailureTests {
    /// How one call ends that a rule spoils.
    private func failure(
        _ actions: Action..., settings: @escaping @Sendable (inout UpstreamSettings) -> Void = { _ in },
        within time: Duration = .seconds(30)
    ) async throws -> Failure? {
        var rule = Rule()
        rule.actions = actions
        return try await withUpstreams(rule) { upstreams in
            let client = upstreams.client(settings)
            return await UpstreamTests.failure { _ = try await client.answer(upstreams.call(within: time)) }
        }
    }

    // MARK: Limits

    @Test(arguments: [Action.chunked(nil), .contentLength(.none), .fields([])])
    func `a body over the cap is refused, announced or not`(framing: Action) async throws {
        let failure = try await failure(.oversized(bytes: 1_000_000), framing) { $0.maxBody = 1000 }

        #expect(failure?.kind == .replyTooLarge)
        #expect(failure?.reason.contains("1000") == true)
    }

    @Test func `an endless body is refused as soon as it is over the cap`() async throws {
        #expect(try await failure(.endless(.body)) { $0.maxBody = 100_000 }?.kind == .replyTooLarge)
    }

    @Test(arguments: [
        Action.hugeHeaders(bytes: 100_000), .endless(.headers), .informational(20), .endless(.informational),
    ])
    func `headers over the cap are refused`(action: Action) async throws {
        #expect(try await failure(action)?.kind == .replyMalformed)
    }

    @Test func `one header line that never ends is the upstream's fault`() async throws {
        let line = "HTTP/1.1 200 OK\r\nX-Long: " + String(repeating: "x", count: 300_000) + "\r\n\r\n"
        let failure = try await failure(.raw(Array(line.utf8)))

        #expect(failure?.kind == .replyMalformed)
        #expect(failure?.origin == .upstream("conversations", part: nil))
    }

    // MARK: Ends

    @Test(arguments: [Action.close(.headers), .reset(.headers)])
    func `an end before the reply may be tried again`(action: Action) async throws {
        let failure = try await failure(action)

        #expect(failure?.kind == .connectionTerminated)
        #expect(failure?.retry == .ifIdempotent)
    }

    @Test func `a reset right after the connection stood may be tried again, whichever libcurl sees first`()
        async throws
    {
        let failure = try await failure(.resetAtAccept)

        #expect([.connectionRefused, .connectionTerminated].contains(failure?.kind))
        #expect([.always, .ifIdempotent].contains(failure?.retry))
    }

    @Test(arguments: [
        [Action.close(.body(10))], [.reset(.body(10))], [.contentLength(.more(10))], [.chunked(.noEnd)],
        [.chunked(nil), .close(.body(50))],
    ])
    func `an end within the reply is not taken for its end`(actions: [Action]) async throws {
        var rule = Rule()
        rule.actions = actions
        let kind = try await withUpstreams(rule) { upstreams in
            let client = upstreams.client()
            return await UpstreamTests.failure { _ = try await client.answer(upstreams.call()) }?.kind
        }

        #expect(kind == .replyIncomplete)
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{}", "{}", "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: a\0b\r\n\r\n{}",
    ])
    func `what is no HTTP is malformed`(text: String) async throws {
        #expect(try await failure(.raw(Array(text.utf8)))?.kind == .replyMalformed)
    }

    @Test(arguments: [Action.ChunkFault.notHex, .negative, .overflow, .tooSmall])
    func `a malformed chunk is malformed, which libcurl tells from a connection that broke by words only`(
        fault: Action.ChunkFault
    ) async throws {
        #expect(try await failure(.chunked(fault))?.kind == .replyMalformed)
    }

    @Test func `a reset within a chunk is no malformed chunk`() async throws {
        let kind = try await failure(.chunked(nil), .reset(.body(50)))?.kind

        #expect(kind == .replyIncomplete || kind == .connectionTerminated)
    }

    @Test(arguments: ["gzip", "br", "GZip", "identity, gzip", "deflate", "x"])
    func `a content coding that was not asked for is no reply, whether the body is coded or not`(
        coding: String
    ) async throws {
        #expect(try await failure(.fields([.init("Content-Encoding", coding)]))?.kind == .replyMalformed)
    }

    @Test(arguments: [("Content-Encoding", "identity"), ("content-encoding", ""), ("Content-Encodings", "gzip")])
    func `what names no coding is a reply`(name: String, value: String) async throws {
        #expect(try await failure(.fields([.init(name, value)])) == nil)
    }

    @Test func `a status that is a failure stays that, whatever its coding`() async throws {
        let failure = try await failure(.status(503), .fields([.init("Content-Encoding", "gzip")]))

        #expect(failure?.kind == .serverError)
        #expect(failure?.receivedStatus == 503)
    }

    /// In one read with the body's end, and in the socket behind a body of several reads.
    @Test(arguments: [2, 60_000])
    func `bytes that come with the end of a right body make it wrong`(size: Int) async throws {
        let body = "{" + String(repeating: " ", count: size - 2) + "}"
        let reply = "HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n\(body)"

        let alone = try await failure(.raw(Array(reply.utf8)))
        let twice = try await failure(.raw(Array((reply + reply).utf8)))

        #expect(alone == nil)
        #expect(twice?.kind == .replyMalformed)
        #expect(twice?.reason == "More came than the reply's body.")
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nConnection: Keep-Alive, Close\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.1 200 OK\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    ])
    func `a connection that ends with its reply leaves the reply right`(text: String) async throws {
        #expect(try await failure(.raw(Array(text.utf8))) == nil)
    }

    @Test func `an aborted exchange's connection is not used again`() async throws {
        let calls = try await withUpstreams(Rule(calls: .first(1), .oversized(bytes: 100_000))) { upstreams in
            let client = upstreams.client { $0.maxBody = 50_000 }
            let first = await UpstreamTests.failure { _ = try await client.answer(upstreams.call()) }
            #expect(first?.kind == .replyTooLarge)
            _ = try await client.answer(upstreams.call())
            return upstreams.stubs.calls
        }

        #expect(Set(calls.map(\.connection)).count == 2)
    }

    // MARK: Statuses

    @Test func `a status keeps its meaning and the wish that came with it`() async throws {
        let failure = try await failure(.status(503), .fields([.init("Retry-After", "7")]))

        #expect(failure?.kind == .serverError)
        #expect(failure?.receivedStatus == 503)
        #expect(failure?.retryAfter == .seconds(7))
    }

    @Test func `a wish may be a date, of the upstream's own clock`() async throws {
        let failure = try await failure(
            .status(503), .fields([.init("Date", "Sun, 06 Nov 1994 08:49:37 GMT")]),
            .fields([.init("Retry-After", "Sun, 06 Nov 1994 08:49:49 GMT")]))

        #expect(failure?.retryAfter == .seconds(12))
    }

    @Test func `a wish of one reply is not another's`() async throws {
        let wish = Rule(calls: .first(1), .status(503), .fields([.init("Retry-After", "7")]))
        let second = try await withUpstreams(wish, Rule(.status(503))) { upstreams in
            let client = upstreams.client()
            _ = await UpstreamTests.failure { _ = try await client.answer(upstreams.call()) }
            return await UpstreamTests.failure { _ = try await client.answer(upstreams.call()) }
        }

        #expect(second?.receivedStatus == 503)
        #expect(second?.retryAfter == nil)
    }

    @Test func `is led nowhere by a redirect`() async throws {
        let other = try await StubUpstreams.start()
        let failure = try await failure(.redirect("\(other.conversationsURL)\(Upstreams.conversation)"))
        let calls = other.calls.count
        try await other.stop()

        #expect(failure?.kind == .unexpectedStatus)
        #expect(failure?.receivedStatus == 302)
        #expect(calls == 0)
    }

    // MARK: Connecting

    @Test func `a port that nobody listens on refuses, and nothing was sent`() async throws {
        let port = try HeldPort()
        let url = "http://127.0.0.1:\(port.port)"
        let failure = try await withUpstreams { upstreams in
            let client = upstreams.client(to: [.url(url)])
            return await UpstreamTests.failure { _ = try await client.answer(upstreams.call()) }
        }

        #expect(failure?.kind == .connectionRefused)
        #expect(failure?.retry == .always)
    }

    @Test func `a name that does not resolve stops nobody else on the loop`() async throws {
        let failure = try await withUpstreams { upstreams in
            let nowhere = upstreams.client(to: [.url("http://no-such-host.invalid:80")])
            let here = upstreams.client()
            let lost = task(on: upstreams.loop) {
                await UpstreamTests.failure { _ = try await nowhere.answer(upstreams.call()) }
            }
            for _ in 0..<3 { _ = try await here.answer(upstreams.call()) }
            return try await lost.value
        }

        #expect(failure?.kind == .dnsError)
        #expect(failure?.retry == .always)
    }

    @Test func `a value that could break a header is not sent`() async throws {
        let (failure, calls) = try await withUpstreams { upstreams in
            let client = upstreams.client()
            let call = try upstreams.call(id: "a\r\nX-Injected: 1")
            let failure = await UpstreamTests.failure { _ = try await client.answer(call) }
            // The transfer is none the worse for it.
            _ = try await client.answer(upstreams.call())
            return (failure, upstreams.stubs.calls)
        }

        #expect(failure?.kind == .internalError)
        #expect(calls.count == 1)
    }
}
