// Which of two protocols a client speaks, told by its first bytes.

import Configuration
import Pipeline
import Testing

@testable import Edge

@Suite struct ProtocolChoiceTests {
    @Test func `the preface may come byte by byte`() async throws {
        try await withEdge(ScriptedHandler()) { edge in
            let client = try HTTP2Client(edge, hello: [])
            for byte in Wire.hello + Wire.headers(1, Wire.get("/slow")) { try client.send([byte]) }

            #expect(try client.answer(on: 1).body == "/slow")
        }
    }

    @Test func `a preface that stops is answered in HTTP-1-1`() async throws {
        try await withEdge(ScriptedHandler(), { $0.timeouts.headers = .milliseconds(100) }) { edge in
            let client = try edge.client()

            try client.send("PRI * HTTP/2.0")

            #expect(try client.reply().status == 408)
            #expect(try client.rest() == "")
        }
    }

    @Test func `a connection on which nothing comes is closed`() async throws {
        try await withEdge(ScriptedHandler(), { $0.timeouts.idle = .milliseconds(100) }) { edge in
            let client = try edge.client()

            #expect(try client.rest() == "")
        }
    }

    @Test func `HTTP-1-1 beginning like the preface is HTTP-1-1`() async throws {
        try await withEdge(ScriptedHandler()) { edge in
            let client = try edge.client()
            try client.send("P")
            try client.send("ROPFIND /path HTTP/1.1\r\nHost: gateway\r\n\r\n")

            #expect(try client.reply().body == "/path")
        }
    }
}
