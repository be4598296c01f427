// What the edge refuses: with which status, and that nothing is read behind it.

import Configuration
import Pipeline
import Testing

@Suite struct RefusalTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let status: Int
        let text: String

        init(_ name: String, _ status: Int, _ text: String) {
            (self.name, self.status, self.text) = (name, status, text)
        }

        var testDescription: String { name }
    }

    static let host = "Host: gateway\r\n"

    static let lines = [
        Case("no version", 400, "GET /\r\n\(host)\r\n"),
        Case("HTTP/0.9", 505, "GET / HTTP/0.9\r\n\(host)\r\n"),
        Case("HTTP/1.2", 505, "GET / HTTP/1.2\r\n\(host)\r\n"),
        Case("HTTP/2.0", 505, "GET / HTTP/2.0\r\n\(host)\r\n"),
        Case("a version that is none", 400, "GET / HTTP/1\r\n\(host)\r\n"),
        Case("another protocol", 400, "GET / FOO/1.1\r\n\(host)\r\n"),
        Case("another protocol's method", 400, "DESCRIBE / RTSP/1.0\r\n\(host)\r\n"),
        Case("an unknown method", 405, "BREW / HTTP/1.1\r\n\(host)\r\n"),
        Case("a method of another protocol", 405, "DESCRIBE / HTTP/1.1\r\n\(host)\r\n"),
        Case("TRACE", 405, "TRACE / HTTP/1.1\r\n\(host)\r\n"),
        Case("CONNECT", 405, "CONNECT gateway:80 HTTP/1.1\r\n\(host)\r\n"),
        Case("a method that is no token", 400, "GE@T / HTTP/1.1\r\n\(host)\r\n"),
        Case("a space before the method", 400, " GET / HTTP/1.1\r\n\(host)\r\n"),
        Case("two spaces", 400, "GET  / HTTP/1.1\r\n\(host)\r\n"),
        Case("two spaces before the version", 400, "GET /  HTTP/1.1\r\n\(host)\r\n"),
        Case("a space behind the version", 400, "GET / HTTP/1.1 \r\n\(host)\r\n"),
        Case("a tab", 400, "GET\t/ HTTP/1.1\r\n\(host)\r\n"),
        Case("a target without slash", 400, "GET index HTTP/1.1\r\n\(host)\r\n"),
        Case("an asterisk for GET", 400, "GET * HTTP/1.1\r\n\(host)\r\n"),
        Case("another scheme", 400, "GET ftp://gateway/ HTTP/1.1\r\n\(host)\r\n"),
        Case("a fragment", 400, "GET /#a HTTP/1.1\r\n\(host)\r\n"),
        Case("bytes beyond ASCII in the target", 400, "GET /ä HTTP/1.1\r\n\(host)\r\n"),
        Case("a NUL in the target", 400, "GET /\0 HTTP/1.1\r\n\(host)\r\n"),
        Case("TLS on a cleartext port", 400, "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}"),
        Case("a bare LF behind the request line", 400, "GET / HTTP/1.1\n\(host)\r\n"),
        Case("a bare CR in the request line", 400, "GET /\r HTTP/1.1\r\n\(host)\r\n"),
        Case(
            "a request line that is too long", 414, "GET /\(String(repeating: "a", count: 200)) HTTP/1.1\r\n\(host)\r\n"
        ),
        Case("one that does not end", 414, "GET /\(String(repeating: "a", count: 20_000))"),
    ]

    static let fields = [
        Case("no Host", 400, "GET / HTTP/1.1\r\n\r\n"),
        Case("two Hosts", 400, get("/", host)),
        Case("an empty Host", 400, "GET / HTTP/1.1\r\nHost: \r\n\r\n"),
        Case("a list of Hosts", 400, "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),
        Case("a Host with a path", 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
        Case("a Host with a user", 400, "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"),
        Case("a Host that the target contradicts", 400, "GET http://other/ HTTP/1.1\r\n\(host)\r\n"),
        Case("two Authorizations", 400, get("/", "Authorization: a\r\nauthorization: b\r\n")),
        Case("an underscore in a name", 400, get("/", "X_Tenant: a\r\n")),
        Case("a space before the colon", 400, get("/", "X-A : a\r\n")),
        Case("no colon", 400, get("/", "X-A\r\n")),
        Case("no name", 400, get("/", ": a\r\n")),
        Case("a name that is no token", 400, get("/", "X@A: a\r\n")),
        Case("a folded value", 400, get("/", "X-A: a\r\n b\r\n")),
        Case("a folded first field", 400, "GET / HTTP/1.1\r\n Host: gateway\r\n\r\n"),
        Case("a bare LF behind a field", 400, get("/", "X-A: a\n")),
        Case("a bare LF as the end", 400, "GET / HTTP/1.1\r\nHost: gateway\n\n"),
        Case("a NUL in a value", 400, get("/", "X-A: a\0b\r\n")),
        Case("a control byte in a value", 400, get("/", "X-A: a\u{1}b\r\n")),
        Case("a bare CR in a value", 400, get("/", "X-A: a\rb\r\n")),
        Case("another expectation", 417, get("/", "Expect: tea\r\n")),
        Case("fields that are too large", 431, get("/", "X-A: \(String(repeating: "a", count: 500))\r\n")),
        Case("a field that does not end", 431, "GET / HTTP/1.1\r\nX-A: \(String(repeating: "a", count: 20_000))"),
        Case("too many fields", 431, get("/", String(repeating: "A: b\r\n", count: 10))),
    ]

    static let bodies = [
        Case("two lengths", 400, get("/", "Content-Length: 1\r\nContent-Length: 1\r\n") + "a"),
        Case("a list of lengths", 400, get("/", "Content-Length: 1, 1\r\n") + "a"),
        Case("a negative length", 400, get("/", "Content-Length: -1\r\n")),
        Case("a length with a sign", 400, get("/", "Content-Length: +1\r\n") + "a"),
        Case("a hexadecimal length", 400, get("/", "Content-Length: 0x1\r\n") + "a"),
        Case("no length", 400, get("/", "Content-Length: \r\n")),
        Case("a length beyond all bounds", 400, get("/", "Content-Length: 99999999999999999999\r\n")),
        Case("a length over the limit", 413, get("/", "Content-Length: 101\r\n")),
        Case(
            "a length with a coding", 400, get("/", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n"
        ),
        Case(
            "a coding with a length", 400, get("/", "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n") + "0\r\n\r\n"
        ),
        Case("an unknown coding", 501, get("/", "Transfer-Encoding: xchunked\r\n") + "0\r\n\r\n"),
        Case("chunked and then another", 400, get("/", "Transfer-Encoding: chunked, identity\r\n") + "0\r\n\r\n"),
        Case(
            "chunked twice", 400, get("/", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n"
        ),
        Case("a coding in HTTP/1.0", 400, "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Case("a chunk size with a sign", 400, chunked("+1\r\na\r\n0\r\n\r\n")),
        Case("a hexadecimal chunk size with prefix", 400, chunked("0x1\r\na\r\n0\r\n\r\n")),
        Case("a chunk size that is none", 400, chunked("z\r\na\r\n0\r\n\r\n")),
        Case("a chunk size beyond all bounds", 400, chunked("fffffffffffffffff\r\na\r\n0\r\n\r\n")),
        Case("a chunk longer than it says", 400, chunked("1\r\nab\r\n0\r\n\r\n")),
        Case("chunks over the limit", 413, chunked("65\r\n\(String(repeating: "a", count: 0x65))\r\n0\r\n\r\n")),
        Case(
            "chunks over the limit together", 413,
            chunked(String(repeating: "33\r\n\(String(repeating: "a", count: 0x33))\r\n", count: 2))),
        Case("an endless extension", 400, chunked("1;\(String(repeating: "a", count: 20_000))")),
        Case("too many trailers", 400, chunked("0\r\n\(String(repeating: "A: b\r\n", count: 20))\r\n")),
    ]

    static func chunked(_ body: String) -> String { get("/", "Transfer-Encoding: chunked\r\n") + body }

    @Test(arguments: lines + fields + bodies)
    func `is refused, and nothing behind it is read`(refused: Case) async throws {
        let handler = ScriptedHandler()
        try await withEdge(handler, Self.narrow) { edge in
            let client = try edge.client()

            try client.send(refused.text + get("/behind"))
            let reply = try client.reply()
            let rest = try client.rest()

            #expect(reply.status == refused.status)
            #expect(reply.fields["connection"] == "close")
            #expect(rest == "")
            #expect(handler.requests.count == 1)
            #expect(handler.requests.first?.refused?.origin == .downstream)
            #expect(handler.cancellations == [])
        }
    }

    @Test(arguments: lines + fields + bodies)
    func `is refused also when its bytes come one by one`(refused: Case) async throws {
        let handler = ScriptedHandler()
        try await withEdge(handler, Self.narrow) { edge in
            let client = try edge.client()

            for byte in refused.text.utf8.prefix(1000) { try client.send([byte]) }
            if refused.text.utf8.count > 1000 { try client.send(String(refused.text.dropFirst(1000))) }
            let reply = try client.reply()

            #expect(reply.status == refused.status)
            #expect(try client.rest() == "")
            #expect(handler.requests.count == 1)
        }
    }

    @Test func `what could be read of a refused request is known`() async throws {
        let handler = ScriptedHandler()
        try await withEdge(handler) { edge in
            let client = try edge.client()

            try client.send("HEAD /a?b HTTP/1.1\r\nHost: gateway\r\nX_A: b\r\n\r\n")
            let reply = try client.reply(toHead: true)
            let rest = try client.rest()

            #expect(reply.status == 400)
            #expect(rest == "")
            #expect(handler.requests.first?.path == "/a")
            #expect(handler.requests.first?.method == .head)
            #expect(handler.requests.first?.id.isEmpty == false)
        }
    }

    @Test(arguments: [false, true]) func `what is just within the limits is not refused`(isDripped: Bool) async throws {
        let path = "/" + String(repeating: "a", count: 100 - "GET / HTTP/1.1".utf8.count)
        let value = String(repeating: "a", count: 400 - "Host: gateway\r\nX-A: \r\n".utf8.count)
        let requests = [
            get(path), get("/fields", "X-A: \(value)\r\n"), get("/count", String(repeating: "A: b\r\n", count: 9)),
            get("/body", "Content-Length: 100\r\n") + value.prefix(100),
            Self.chunked("64\r\n\(value.prefix(100))\r\n0\r\n\r\n"),
            Self.chunked("0\r\n" + String(repeating: "A: b\r\n", count: 10) + "\r\n"),
            Self.chunked("0\r\nX: \(String(repeating: "a", count: 395))\r\n\r\n"),
        ]
        try await withEdge(ScriptedHandler(), Self.narrow) { edge in
            let client = try edge.client()
            let bytes = Array(requests.joined().utf8)

            if isDripped { for byte in bytes { try client.send([byte]) } } else { try client.send(bytes) }
            let bodies = try requests.map { _ in try client.reply().body }

            #expect(bodies == [path, "/fields", "/count", "/body", "/", "/", "/"])
        }
    }

    private static func narrow(_ terms: inout Terms) {
        terms.limits.requestLine = 100
        terms.limits.headers = 400
        terms.limits.headerCount = 10
        terms.limits.body = 100
    }
}
