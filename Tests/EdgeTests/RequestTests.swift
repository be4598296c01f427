// What of a request reaches the gateway.

import Pipeline
import Testing

@Suite struct RequestTests {
    private func request(_ text: String) async throws -> Request {
        let handler = ScriptedHandler()
        try await withEdge(handler) { edge in
            let client = try edge.client()
            try client.send(text)
            _ = try client.reply(toHead: text.hasPrefix("HEAD"))
        }
        return try #require(handler.requests.first)
    }

    @Test func `the fields that mean something are kept, whatever the case of their names`() async throws {
        let request = try await request(
            get(
                "/api?x=1",
                "AUTHORIZATION: Bearer x\r\nif-none-match: \"a\"\r\nIf-None-Match: \"b\"\r\nOrigin: https://a\r\n"
                    + "traceparent: 00-1-2-00\r\ntraceState: a=1\r\nTraceState: b=2\r\nX-Request-Timeout-Ms: \t250 \r\n"
                    + "X-Request-ID: abc.1\r\nCookie: c=d\r\n"))

        #expect(request.method == .get)
        #expect(request.path == "/api")
        #expect(request.client == "127.0.0.1")
        #expect(request.transport == .http1)
        #expect(request.authorization == "Bearer x")
        #expect(request.ifNoneMatch == "\"a\", \"b\"")
        #expect(request.origin == "https://a")
        #expect(request.traceparent == "00-1-2-00")
        #expect(request.tracestate == "a=1, b=2")
        #expect(request.timeout == "250")
        #expect(request.id == "abc.1")
        #expect(request.arrived <= request.completed)
        #expect(request.refused == nil)
    }

    @Test func `a request id that is not well-formed is replaced, a doubled traceparent dropped`() async throws {
        let request = try await request(
            get("/", "X-Request-Id: a b\r\ntraceparent: 00-1-2-00\r\ntraceparent: 00-1-2-00\r\n"))

        #expect(request.id.utf8.count == 16)
        #expect(request.traceparent == nil)
    }

    @Test(arguments: [
        ("GET /a%2Fb//../c;d?e", "/a%2Fb//../c;d"), ("GET http://gateway/a?b", "/a"),
        ("GET HTTP://GATEWAY?b", "/"), ("OPTIONS *", "*"),
        ("DELETE /x", "/x"), ("HEAD /", "/"),
    ]) func `the path is the target's, as sent`(line: String, path: String) async throws {
        let request = try await request("\(line) HTTP/1.1\r\nHost: gateway\r\n\r\n")

        #expect(request.path == path)
        #expect(request.method.name == line.prefix { $0 != " " })
        #expect(request.refused == nil)
    }

    @Test func `HTTP 1 dot 0 needs no Host`() async throws {
        let request = try await request("GET / HTTP/1.0\r\n\r\n")

        #expect(request.transport == .http1_0)
        #expect(request.refused == nil)
    }

    @Test func `a request arrives with its first byte and is complete with its last`() async throws {
        let handler = ScriptedHandler()
        try await withEdge(handler) { edge in
            let client = try edge.client()

            try client.send(get("/first") + "GET")
            _ = try client.reply()
            let between = ContinuousClock.now
            try client.send(" /second HTTP/1.1\r\nHost: gateway\r\n\r\n")
            _ = try client.reply()

            #expect(handler.requests[1].arrived < between)
            #expect(handler.requests[1].completed > between)
        }
    }
}
