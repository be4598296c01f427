// HTTP/2 on the port of HTTP/1.1: what clients that are not ours make of it.

import StubUpstreams
import Support
import Testing

@Suite struct HTTP2ClientTests {
    private func curl(_ gateway: RunningGateway, _ arguments: [String], _ path: String) async throws -> String {
        try await output(
            of: "curl",
            [
                "--silent", "--show-error", "--max-time", "30", "--http2-prior-knowledge", "--oauth2-bearer",
                gateway.key,
            ] + arguments + [gateway.url + path])
    }

    @Test func `curl gets what it gets over HTTP-1-1`() async throws {
        try await withGateway { gateway in
            let body = try await curl(gateway, [], RunningGateway.path(Fixtures.active))
            let reply = try await gateway.get(Fixtures.active)

            #expect(body == reply.text)
        }
    }

    @Test(
        arguments: [
            (["--head"], "HTTP/2 200"), (["--header", "If-None-Match: *"], "HTTP/2 304"),
            (["--request", "DELETE"], "HTTP/2 405"), (["--header", "Authorization:"], "HTTP/2 401"),
            (["--data", "x=y"], "HTTP/2 405"), (["--get", "--data", "a=b"], "HTTP/2 200"),
            (["--compressed"], "HTTP/2 200"), (["--header", "Expect: 100-continue", "--data", "x=y"], "HTTP/2 100"),
            (["--header", "Expect: something"], "HTTP/2 417"),
        ])
    func `curl understands the answer`(_ options: [String], _ start: String) async throws {
        try await withGateway { gateway in
            let text = try await curl(gateway, ["--include"] + options, RunningGateway.path(Fixtures.active))

            #expect(text.hasPrefix(start))
            #expect(text.contains("\r\nx-request-id: "))
            #expect(text.contains("\r\ndate: "))
        }
    }

    @Test func `curl that offers to upgrade is answered in HTTP-1-1`() async throws {
        try await withGateway { gateway in
            let text = try await output(
                of: "curl",
                [
                    "--silent", "--show-error", "--max-time", "30", "--http2", "--include", "--oauth2-bearer",
                    gateway.key, gateway.url + RunningGateway.path(Fixtures.active),
                ])

            #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
        }
    }

    @Test func `nghttp gets a long answer window by window`() async throws {
        try await withGateway { gateway in
            let text = try await output(
                of: "nghttp",
                [
                    "--timeout=30", "--window-bits=10", "--header=authorization: Bearer \(gateway.key)",
                    gateway.url + RunningGateway.path(Fixtures.long),
                ])
            let reply = try await gateway.get(Fixtures.long)

            #expect(text == reply.text)
        }
    }

    @Test func `h2load is answered on all streams of all connections`() async throws {
        try await withGateway { gateway in
            let text = try await output(
                of: "h2load",
                [
                    "--requests=400", "--clients=4", "--max-concurrent-streams=100",
                    "--header=authorization: Bearer \(gateway.key)",
                    gateway.url + RunningGateway.path(Fixtures.active),
                ])

            #expect(text.contains("400 succeeded, 0 failed, 0 errored, 0 timeout"))
            #expect(text.contains("status codes: 400 2xx"))
        }
    }
}
