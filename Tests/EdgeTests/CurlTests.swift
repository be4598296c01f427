// A real client as peer.

import Foundation
import Pipeline
import Testing

@Suite struct CurlTests {
    private func curl(_ arguments: String...) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["curl", "--silent", "--show-error", "--max-time", "30"] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: text, as: UTF8.self)
    }

    @Test func `curl uses one connection for several requests`() async throws {
        try await withEdge(ScriptedHandler()) { edge in
            let address = "http://127.0.0.1:\(edge.port)"

            let output = try curl("--write-out", " %{num_connects}\n", "\(address)/1", "\(address)/2")

            #expect(output == "/1 1\n/2 0\n")
        }
    }

    @Test(arguments: [["--http1.0"], ["--head"], ["--http2"], ["--data", "x=y"], ["--request", "DELETE"]])
    func `curl understands the answer`(options: [String]) async throws {
        try await withEdge(ScriptedHandler()) { edge in
            let output = try curl(
                options[0], options.last ?? "", "--include", "http://127.0.0.1:\(edge.port)/path")

            #expect(output.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(output.contains("Content-Length: 5\r\n"))
        }
    }

    @Test func `curl takes it for a proxy, and is answered all the same`() async throws {
        try await withEdge(ScriptedHandler()) { edge in
            // In the absolute form, then.
            let output = try curl("--proxy", "http://127.0.0.1:\(edge.port)", "http://gateway.test/path")

            #expect(output == "/path")
        }
    }

    @Test(arguments: ["Expect: 100-continue", "Transfer-Encoding: chunked"])
    func `curl sends a body`(field: String) async throws {
        try await withEdge(ScriptedHandler()) { edge in
            let body = String(repeating: "a", count: 50_000)

            let output = try curl("--header", field, "--data", body, "http://127.0.0.1:\(edge.port)/path")

            #expect(output == "/path")
        }
    }

    @Test func `curl sees why a body is refused`() async throws {
        try await withEdge(ScriptedHandler()) { edge in
            let body = String(repeating: "a", count: 100_000)

            let output = try curl(
                "--include", "--header", "Expect:", "--data", body, "http://127.0.0.1:\(edge.port)/path")

            #expect(output.hasPrefix("HTTP/1.1 413 "))
        }
    }
}
