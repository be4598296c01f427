// A real client as peer: what curl makes of the gateway.

import StubUpstreams
import Support
import Testing

@Suite struct CurlJourneyTests {
    private func curl(_ arguments: [String]) async throws -> String {
        try await output(of: "curl", ["--silent", "--show-error", "--max-time", "30"] + arguments)
    }

    @Test func `curl gets what a plain client gets`() async throws {
        try await withGateway { gateway in
            let url = gateway.url + RunningGateway.path(Fixtures.active)
            let output = try await curl(["--oauth2-bearer", gateway.key, url])
            let reply = try await gateway.get(Fixtures.active)

            #expect(output == reply.text)
        }
    }

    @Test func `curl uses one connection for good and bad requests alike`() async throws {
        try await withGateway { gateway in
            let urls = [
                "/api/conversations/\(Fixtures.unknown)", RunningGateway.path(Fixtures.new), "/x",
                RunningGateway.path(Fixtures.active),
            ]
            let outputs = urls.flatMap { ["--output", "/dev/null", gateway.url + $0] }
            let output = try await curl(
                ["--oauth2-bearer", gateway.key, "--write-out", "%{http_code} %{num_connects}\n"] + outputs)

            #expect(output == "404 1\n200 0\n404 0\n200 0\n")
        }
    }

    @Test(
        arguments: [
            (["--head"], "HTTP/1.1 200 OK"), (["--http1.0"], "HTTP/1.1 200 OK"),
            (["--header", "If-None-Match: *"], "HTTP/1.1 304 Not Modified"),
            (["--request", "DELETE"], "HTTP/1.1 405 "),
            (["--header", "Authorization:"], "HTTP/1.1 401 Unauthorized"), (["--data", "x=y"], "HTTP/1.1 405 "),
            (["--get", "--data", "a=b"], "HTTP/1.1 200 OK"), (["--compressed"], "HTTP/1.1 200 OK"),
        ])
    func `curl understands the answer`(_ options: [String], _ start: String) async throws {
        try await withGateway { gateway in
            let url = gateway.url + RunningGateway.path(Fixtures.active)
            let key = ["--header", "Authorization: Bearer \(gateway.key)"]
            let credentials = options.contains("Authorization:") ? [] : key
            let output = try await curl(["--include"] + credentials + options + [url])

            #expect(output.hasPrefix(start))
            #expect(output.contains("\r\nX-Request-Id: "))
        }
    }
}
