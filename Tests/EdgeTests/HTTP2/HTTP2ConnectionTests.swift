// HTTP/2 connections over loopback: streams that end, clients that leave, stall and dawdle, connections that end.

import Configuration
import Pipeline
import Testing

@testable import Edge

@Suite struct HTTP2StreamTests {
    private func held() -> ScriptedHandler { ScriptedHandler { _ in nil } }

    @Test func `streams are answered as their answers come`() async throws {
        let handler = held()
        try await withEdge(handler) { edge in
            let client = try HTTP2Client(edge)
            try client.send(Wire.headers(1, Wire.get("/first")), Wire.headers(3, Wire.get("/second")))
            _ = handler.waitForRequests(2)

            handler.answer("/second", Response(status: 200, body: Array("2".utf8)))
            let second = try client.answer(on: 3)
            handler.answer("/first", Response(status: 200, body: Array("1".utf8)))
            let first = try client.answer(on: 1)

            #expect([first.body, second.body] == ["1", "2"])
        }
    }

    @Test func `a request says that it came by HTTP-2`() async throws {
        let handler = ScriptedHandler()
        try await withEdge(handler) { edge in
            let client = try HTTP2Client(edge)
            let fields = [("authorization", "Bearer x"), ("x-request-id", "mine"), ("if-none-match", "\"a\"")]
            try client.send(Wire.headers(1, Wire.get("/path?query", fields)))

            let answer = try client.answer(on: 1)
            let request = try #require(handler.requests.first)

            #expect(answer.body == "/path")
            #expect(request.transport == .http2 && request.scheme == .http && request.client == "127.0.0.1")
            #expect(request.authorization == "Bearer x" && request.id == "mine" && request.ifNoneMatch == "\"a\"")
        }
    }

    @Test func `an answer has its fields in lower case, a date and a length`() async throws {
        let handler = ScriptedHandler { _ in
            Response(status: 200, fields: [.init("X-Some-Field", "Some Value")], body: Array("body".utf8))
        }
        try await withEdge(handler) { edge in
            let client = try HTTP2Client(edge)
            try client.send(Wire.headers(1, Wire.get()))

            _ = try client.answer(on: 1)

            #expect(client.head["x-some-field"] == "Some Value")
            #expect(client.head["content-length"] == "4")
            #expect(client.head["date"]?.hasSuffix(" GMT") == true)
            #expect(client.head["connection"] == nil)
        }
    }

    @Test(arguments: [("HEAD", 200, "4"), ("GET", 304, nil), ("GET", 204, nil)])
    func `an answer without a body ends with its head`(_ method: String, _ status: Int, _ length: String?) async throws
    {
        let handler = ScriptedHandler { _ in Response(status: status, body: Array("body".utf8)) }
        try await withEdge(handler) { edge in
            let client = try HTTP2Client(edge)
            try client.send(
                Wire.headers(1, [(":method", method), (":scheme", "http"), (":authority", "a"), (":path", "/")]))

            let event = try client.first { if case .head = $0 { true } else { false } }

            #expect(event == .head(1, status, ends: true))
            #expect(client.head["content-length"] == length)
        }
    }

    @Test func `a reset cancels its stream's request alone`() async throws {
        let handler = held()
        try await withEdge(handler) { edge in
            let client = try HTTP2Client(edge)
            try client.send(Wire.headers(1, Wire.get("/left")), Wire.headers(3, Wire.get("/stays")))
            _ = handler.waitForRequests(2)

            try client.send(Wire.reset(1))
            let cancelled = handler.waitForCancellations(1)
            handler.answer("/stays")

            #expect(cancelled == ["/left"])
            #expect(try client.answer(on: 3).status == 200)
        }
        #expect(handler.cancellations == ["/left"])
    }

    @Test func `a client that leaves has all its requests cancelled`() async throws {
        let handler = held()
        try await withEdge(handler) { edge in
            let client = try HTTP2Client(edge)
            try client.send(Wire.headers(1, Wire.get("/1")), Wire.headers(3, Wire.get("/2")))
            _ = handler.waitForRequests(2)

            client.reset()

            #expect(handler.waitForCancellations(2).sorted() == ["/1", "/2"])
        }
    }

    @Test func `an answer that is ready soon after a half-close is delivered`() async throws {
        let handler = held()
        try await withEdge(handler, { $0.closing.halfClosed = .seconds(60) }) { edge in
            let client = try HTTP2Client(edge)
            try client.send(Wire.headers(1, Wire.get("/")))
            _ = handler.waitForRequests(1)
            _ = try client.first { $0 == .settingsAcknowledged }
            client.finish()

            handler.answer("/")

            #expect(try client.answer(on: 1).status == 200)
            #expect(try client.first { _ in false } == .end)
        }
        #expect(handler.cancellations == [])
    }

    @Test func `the place of a reset request is free when its work is gone`() async throws {
        let handler = held()
        try await withEdge(handler, { $0.limits.streams = 1 }) { edge in
            let client = try HTTP2Client(edge)
            try client.send(Wire.headers(1, Wire.get("/first")), Wire.reset(1))
            _ = handler.waitForCancellations(1)

            try client.send(Wire.headers(3, Wire.get("/refused")))
            let refused = try client.first { if case .reset = $0 { true } else { false } }
            handler.release("/first")
            // The word may arrive behind a request that was sent after it.
            var stream: Int32 = 5
            repeat {
                try client.send(Wire.headers(stream, Wire.get("/next")), Wire.ping(1))
                _ = try client.first { $0 == .pinged(1) }
                stream += 2
            } while handler.requests.count == 1 && stream < 101
            handler.answer("/next")

            #expect(refused == .reset(3, .refusedStream))
            #expect(try client.answer(on: stream - 2).status == 200)
        }
    }

    @Test func `a body goes out as windows open, byte by byte if need be`() async throws {
        try await withEdge(ScriptedHandler()) { edge in
            let client = try HTTP2Client(edge, hello: Preface.bytes + Wire.settings([(4, 0)]))
            try client.send(Wire.headers(1, Wire.get("/byte-by-byte")))
            _ = try client.first { if case .head = $0 { true } else { false } }

            var text: [UInt8] = []
            for _ in "/byte-by-byte" {
                try client.send(Wire.windowUpdate(1, 1))
                _ = try client.first { if case .data = $0 { true } else { false } }
                text += client.body
            }

            #expect(String(decoding: text, as: UTF8.self) == "/byte-by-byte")
        }
    }

    @Test func `many answers are larger than any buffer`() async throws {
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: 1_000_000)
        try await withEdge(ScriptedHandler { _ in Response(status: 200, body: body) }) { edge in
            let client = try HTTP2Client(edge, hello: Preface.bytes + Wire.settings([(4, 1 << 30)]))
            try client.send(Wire.windowUpdate(0, 1 << 30))
            for stream in stride(from: Int32(1), to: 40, by: 2) {
                try client.send(Wire.headers(stream, Wire.get("/\(stream)")))
            }

            var sizes: [Int32: Int] = [:]
            var ended = 0
            while ended < 20 {
                guard case .data(let stream, let count, let ends) = try client.next() else { continue }
                sizes[stream, default: 0] += count
                if ends { ended += 1 }
            }

            #expect(sizes.count == 20 && sizes.values.allSatisfy { $0 == body.count })
        }
    }
}
