// HTTP/2 by ALPN, as real clients speak it over TLS.

import Pipeline
import Support
import Testing

@Suite struct HTTP2TLSTests {
    @Test(arguments: [(["--http2"], "2"), (["--http1.1"], "1.1"), (["--no-alpn"], "1.1")])
    func `ALPN chooses, and without it the first bytes`(_ options: [String], _ version: String) async throws {
        let handler = ScriptedHandler()
        try await withTLS(handler) { running in
            let said = try await running.curl("/path", options + ["--write-out", " %{http_version}"])

            #expect(said == "/path \(version)")
            #expect(handler.requests.first?.scheme == .https)
        }
    }

    @Test func `nghttp gets many paths over one connection`() async throws {
        let handler = ScriptedHandler {
            Response(status: 200, body: Array("\($0.path) \($0.transport.rawValue)\n".utf8))
        }
        try await withTLS(handler) { running in
            let urls = (1...20).map { "https://127.0.0.1:\(running.edge.port)/\($0)" }
            let said = try await output(of: "nghttp", ["--timeout=30"] + urls)

            // It also says that it does not know the authority.
            let lines = said.split(separator: "\n").filter { $0.hasPrefix("/") }.map { String($0) }

            #expect(Set(lines) == Set((1...20).map { "/\($0) HTTP/2" }))
        }
    }

    @Test func `h2load is answered on all streams`() async throws {
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: 100_000)
        try await withTLS(ScriptedHandler { _ in Response(status: 200, body: body) }) { running in
            let said = try await output(
                of: "h2load",
                [
                    "--requests=200", "--clients=2", "--max-concurrent-streams=50",
                    "https://127.0.0.1:\(running.edge.port)/",
                ])

            #expect(said.contains("Application protocol: h2\n"))
            #expect(said.contains("200 succeeded, 0 failed, 0 errored, 0 timeout"))
        }
    }
}
