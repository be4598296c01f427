// Bodies are read and thrown away; what stands behind one is the next request.

import Configuration
import Pipeline
import Testing

@Suite struct BodyTests {
    @Test func `a client that waits to be told to send its body is told`() async throws {
        try await withEdge(ScriptedHandler()) { edge in
            let client = try edge.client()

            try client.send(get("/body", "Expect: 100-Continue\r\nContent-Length: 3\r\n"))
            let told = try client.reply()
            try client.send("abc" + get("/next"))

            #expect(told.status == 100)
            #expect(try client.reply().body == "/body")
            #expect(try client.reply().body == "/next")
        }
    }

    @Test(arguments: ["Content-Length: 0\r\n", ""])
    func `a client without a body is not told to send it`(length: String) async throws {
        try await withEdge(ScriptedHandler()) { edge in
            let client = try edge.client()

            try client.send(get("/", "Expect: 100-continue\r\n" + length))

            #expect(try client.reply().status == 200)
        }
    }

    @Test func `a client whose body is there, or is too large, is not told to send it`() async throws {
        try await withEdge(ScriptedHandler(), { $0.limits.body = 10 }) { edge in
            let client = try edge.client()

            try client.send(get("/", "Expect: 100-continue\r\nContent-Length: 3\r\n") + "abc")
            let first = try client.reply()
            try client.send(get("/", "Expect: 100-continue\r\nContent-Length: 11\r\n"))
            let second = try client.reply()

            #expect(first.status == 200)
            #expect(second.status == 413)
        }
    }

    @Test func `a body that looks like a request is none`() async throws {
        let handler = ScriptedHandler()
        try await withEdge(handler) { edge in
            let client = try edge.client()
            let inner = get("/inner")

            try client.send(get("/1", "Content-Length: \(inner.utf8.count)\r\n") + inner)
            try client.send(
                get("/2", "Transfer-Encoding: Chunked\r\n")
                    + "\(String(inner.utf8.count, radix: 16))\r\n\(inner)\r\n0\r\n\r\n")
            try client.send(get("/3"))
            let bodies = try (1...3).map { _ in try client.reply().body }

            #expect(bodies == ["/1", "/2", "/3"])
            #expect(handler.requests.map(\.path) == ["/1", "/2", "/3"])
        }
    }

    @Test func `a client that goes on sending a body that is refused still reads why`() async throws {
        try await withEdge(ScriptedHandler()) { edge in
            let client = try edge.client()

            try client.send(get("/", "Content-Length: 1000000\r\n"))
            try client.send([UInt8](repeating: 1, count: 1_000_000))
            let reply = try client.reply()

            #expect(reply.status == 413)
            #expect(try client.rest() == "")
        }
    }
}
