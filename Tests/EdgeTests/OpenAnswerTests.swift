// Answers that go on until somebody ends them.

import Edge
import Pipeline
import Testing

@Suite struct OpenAnswerTests {
    /// The answer to what a client asks first.
    private func opened(
        by handler: ScriptedHandler, for client: Client, _ requests: String
    ) throws -> any OpenAnswer {
        try client.send(requests)
        _ = handler.waitForRequests(1)
        return try #require(handler.open("/events"))
    }

    private func opened(by handler: ScriptedHandler, _ edge: RunningEdge) throws -> (Client, any OpenAnswer) {
        let client = try edge.client()
        return (client, try opened(by: handler, for: client, get("/events")))
    }

    @Test func `pieces come as they are sent, and the connection ends with the answer`() async throws {
        let handler = ScriptedHandler { _ in nil }
        try await withEdge(handler) { edge in
            let (client, answer) = try opened(by: handler, edge)

            answer.send(Array("one".utf8))
            let first = try client.receive(until: "one")
            answer.send(Array("two".utf8))
            answer.end()
            answer.send(Array("never".utf8))
            let rest = try client.rest()

            #expect(first.hasPrefix("HTTP/1.1 200 OK\r\n") && first.hasSuffix("Connection: close\r\n\r\none"))
            #expect(!first.contains("Content-Length"))
            #expect(rest == "two")
        }
        // It was over when it ended: there was nothing to cancel.
        #expect(handler.cancellations == [])
    }

    @Test func `a client that leaves is told of, and what is sent to it goes nowhere`() async throws {
        let handler = ScriptedHandler { _ in nil }
        try await withEdge(handler) { edge in
            let (client, answer) = try opened(by: handler, edge)
            answer.send(Array("one".utf8))
            _ = try client.receive(until: "one")

            client.reset()

            #expect(handler.waitForCancellations(1) == ["/events"])
            answer.send(Array("two".utf8))
            answer.end()
        }
    }

    @Test func `a client that takes nothing is left`() async throws {
        let handler = ScriptedHandler { _ in nil }
        try await withEdge(handler) { edge in
            let client = try edge.client()
            client.narrow()
            let answer = try opened(by: handler, for: client, get("/events"))

            // More than the kernels' buffers take, and then one more.
            answer.send([UInt8](repeating: 0x2e, count: 32 << 20))
            answer.send([0x2e])

            #expect(handler.waitForCancellations(1) == ["/events"])
        }
    }

    @Test func `a drain ends it`() async throws {
        let handler = ScriptedHandler { _ in nil }
        try await withEdge(handler) { edge in
            let (client, answer) = try opened(by: handler, edge)
            answer.send(Array("one".utf8))
            _ = try client.receive(until: "one")

            await edge.server.drain(within: .zero)

            #expect(try client.rest().isEmpty)
        }
        #expect(handler.cancellations == ["/events"])
    }

    @Test func `what a client sends behind is not answered`() async throws {
        let handler = ScriptedHandler { _ in nil }
        try await withEdge(handler) { edge in
            let client = try edge.client()
            let answer = try opened(by: handler, for: client, get("/events") + get("/second"))
            answer.send(Array("one".utf8))
            _ = try client.receive(until: "one")

            answer.end()
            _ = try client.rest()
        }
        #expect(handler.requests.map(\.path) == ["/events"])
    }
}
