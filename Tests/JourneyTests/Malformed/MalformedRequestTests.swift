// Requests that are none still get the standard error object, and the gateway goes on.

import StubUpstreams
import Support
import Testing

@Suite struct MalformedRequestTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let status: Int
        /// Around the credential, in the place of `KEY`.
        let bytes: String
        var testDescription: String { name }

        init(_ name: String, _ status: Int, _ bytes: String) {
            self.name = name
            self.status = status
            self.bytes = bytes
        }
    }

    private static let line = "GET \(RunningGateway.path(Fixtures.active)) HTTP/1.1\r\n"
    private static let head = line + "Host: a\r\nAuthorization: Bearer KEY\r\n"

    static let cases = [
        Case("no Host", 400, line + "Authorization: Bearer KEY\r\n\r\n"),
        Case("two Hosts", 400, head + "Host: b\r\n\r\n"),
        Case("a space before a colon", 400, head + "X-A : b\r\n\r\n"),
        Case("a folded field", 400, head + "X-A: b\r\n c\r\n\r\n"),
        Case("an underscore in a name", 400, head + "X_A: b\r\n\r\n"),
        Case("a bare line feed", 400, line + "Host: a\nAuthorization: Bearer KEY\r\n\r\n"),
        Case("a NUL in a value", 400, head + "X-A: \0\r\n\r\n"),
        Case(
            "two ways to frame a body", 400, head + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Case("two lengths", 400, head + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
        Case("a negative length", 400, head + "Content-Length: -1\r\n\r\n"),
        Case("a chunk size that is none", 400, head + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n"),
        Case("no version", 400, "GET /\r\n\r\n"),
        Case("two spaces in the line", 400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("a byte above ASCII in the target", 400, "GET /ü HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("a fragment", 400, "GET /#a HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("the start of TLS", 400, "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\r\n\r\n"),
        Case("a PROXY line", 400, "PROXY TCP4 10.1.2.3 10.1.2.4 1 2\r\n" + head + "\r\n"),
        Case("a body that is too large", 413, head + "Content-Length: 65537\r\n\r\n"),
        Case(
            "chunks that are too large", 413,
            head + "Transfer-Encoding: chunked\r\n\r\n10001\r\n" + String(repeating: "x", count: 65_537)),
        Case(
            "a target that is too long", 414, "GET /\(String(repeating: "x", count: 9000)) HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case("an expectation nobody knows", 417, head + "Expect: miracles\r\n\r\n"),
        Case("too many header bytes", 431, head + "X-A: \(String(repeating: "x", count: 33_000))\r\n\r\n"),
        Case("too many fields", 431, head + String(repeating: "X-A: b\r\n", count: 101) + "\r\n"),
        Case("a transfer coding nobody knows", 501, head + "Transfer-Encoding: gzip\r\n\r\n"),
        Case("HTTP/2.0 in the line", 505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
    ]

    @Test func `answers each with the standard error and goes on`() async throws {
        try await withGateway { gateway in
            for item in Self.cases {
                let client = try Client(port: gateway.port)
                // The answer may come, and the connection end, before all of it is sent.
                do { try client.send(item.bytes.replacing("KEY", with: gateway.key)) } catch is Client.Broken {}
                let reply = try await client.reply()

                // A coding nobody knows is malformed by one RFC and not implemented by the other.
                let status = item.status == 501 && reply.status == 400 ? 400 : item.status
                expectError(reply, status: status, nil, "\(item.name)")
                let proxyStatus = reply["Proxy-Status"] ?? ""
                #expect(proxyStatus.hasPrefix("conversation-gateway; error=http_request_error"), "\(item.name)")
                #expect(reply["Connection"] == "close", "\(item.name)")
                #expect(!reply.has("Server-Timing"), "\(item.name)")
            }
            #expect(gateway.stubs.calls.isEmpty)
            let next = try await gateway.get(Fixtures.active)
            #expect(next.status == 200)
            #expect(await gateway.idle().isEmpty)
        }
    }

    @Test func `keeps the request id where it was read`() async throws {
        try await withGateway { gateway in
            let reply = try await gateway.get(Fixtures.active, [("X-Request-Id", "kept"), ("Content-Length", "65537")])

            expectError(reply, status: 413)
            #expect(reply["X-Request-Id"] == "kept")
        }
    }

    @Test func `answers a request that does not end with a 408`() async throws {
        try await withGateway(
            configuration: { $0.replacing("server:", with: "server:\n  timeouts: { headers: 100ms }") },
            { gateway in
                let client = try Client(port: gateway.port)
                try client.send(Self.line)
                let reply = try await client.reply()

                expectError(reply, status: 408)
                #expect(reply["Proxy-Status"]?.hasPrefix("conversation-gateway; error=http_request_error") == true)
                #expect(reply["Connection"] == "close")
            })
    }

    @Test func `reads nothing behind a refused request`() async throws {
        try await withGateway { gateway in
            let client = try Client(port: gateway.port)
            let good = gateway.request(RunningGateway.path(Fixtures.active))
            try client.send(
                Self.head.replacing("KEY", with: gateway.key) + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n" + good)
            let reply = try await client.reply()
            let rest = try await client.rest()

            expectError(reply, status: 400)
            #expect(rest.isEmpty)
            #expect(gateway.stubs.calls.isEmpty)
        }
    }
}
