// How HTTP/2 connections end: by the clock, by a drain, by clients that give nothing and take nothing.

import Configuration
import Pipeline
import Testing

@testable import Edge

@Suite struct HTTP2EndTests {
    private static let soon = Duration.milliseconds(100)

    private func isGoAway(_ event: HTTP2Client.Event) -> Bool {
        if case .goAway = event { true } else { false }
    }

    @Test func `an idle connection is ended`() async throws {
        try await withEdge(ScriptedHandler(), { $0.timeouts.idle = Self.soon }) { edge in
            let client = try HTTP2Client(edge)

            #expect(try client.first(isGoAway) == .goAway(last: 0, .noError))
            #expect(try client.next() == .end)
        }
    }

    @Test func `a connection is not idle while a request is in progress`() async throws {
        let handler = ScriptedHandler { _ in nil }
        try await withEdge(handler, { $0.timeouts.idle = Self.soon }) { edge in
            let client = try HTTP2Client(edge)
            let idle = try HTTP2Client(edge)
            try client.send(Wire.headers(1, Wire.get()))
            _ = handler.waitForRequests(1)

            // Whoever is idle from now on ends first.
            _ = try idle.first { _ in false }
            handler.answer("/")

            #expect(try client.answer(on: 1).status == 200)
        }
    }

    @Test func `settings that are never agreed to end the connection`() async throws {
        try await withEdge(ScriptedHandler(), { $0.closing.settings = Self.soon }) { edge in
            let client = try HTTP2Client(edge)
            var event = HTTP2Client.Event.other
            while !isGoAway(event), event != .end { event = try client.next(agrees: false) }

            #expect(event == .goAway(last: 0, .settingsTimeout))
        }
    }

    @Test func `a header section that comes too slowly ends the connection`() async throws {
        try await withEdge(ScriptedHandler(), { $0.timeouts.headers = Self.soon }) { edge in
            let client = try HTTP2Client(edge)
            // What the client says of itself must not come in between.
            _ = try client.first { $0 == .settingsAcknowledged }
            try client.send(Wire.headers(1, [(":method", "GET")], flags: Wire.endStream))

            #expect(try client.first(isGoAway) == .goAway(last: 1, .enhanceYourCalm))
            #expect(try client.next() == .end)
        }
    }

    @Test func `a body that comes too slowly is answered with 408, and the connection goes on`() async throws {
        try await withEdge(ScriptedHandler(), { $0.timeouts.headers = Self.soon }) { edge in
            let client = try HTTP2Client(edge)
            try client.send(Wire.headers(1, Wire.post(), flags: Wire.endHeaders), Wire.data(1, [1]))

            let slow = try client.answer(on: 1)
            try client.send(Wire.headers(3, Wire.get()))

            #expect(slow.status == 408)
            #expect(try client.answer(on: 3).status == 200)
        }
    }

    @Test func `what is answered before its body has ended is reset after a while`() async throws {
        try await withEdge(ScriptedHandler(), { $0.closing.linger = Self.soon }) { edge in
            let client = try HTTP2Client(edge)
            try client.send(Wire.headers(1, Wire.post("/", [("content-length", "70000")]), flags: Wire.endHeaders))

            let answer = try client.answer(on: 1)
            let reset = try client.first { if case .reset = $0 { true } else { false } }

            #expect(answer.status == 413)
            #expect(reset == .reset(1, .noError))
        }
    }

    @Test func `a window that never opens ends the stream, and the connection with it`() async throws {
        try await withEdge(ScriptedHandler(), { $0.timeouts.write = Self.soon }) { edge in
            let client = try HTTP2Client(edge, hello: Preface.bytes + Wire.settings([(4, 0)]))
            try client.send(Wire.headers(1, Wire.get()))

            let reset = try client.first { if case .reset = $0 { true } else { false } }

            #expect(reset == .reset(1, .cancel))
            #expect(try client.first(isGoAway) == .goAway(last: 1, .enhanceYourCalm))
            #expect(try client.next() == .end)
        }
    }

    @Test func `a window that never opens ends its stream alone while other answers are taken`() async throws {
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: 100)
        let handler = ScriptedHandler { Response(status: 200, body: $0.path == "/short" ? [] : body) }
        try await withEdge(handler, { $0.timeouts.write = .milliseconds(300) }) { edge in
            let client = try HTTP2Client(edge, hello: Preface.bytes + Wire.settings([(4, 0)]))
            try client.send(Wire.headers(1, Wire.get("/long")))

            var others = 0
            var stream: Int32 = 3
            var event = HTTP2Client.Event.other
            while event != .reset(1, .cancel), event != .end {
                try client.send(Wire.headers(stream, Wire.get("/short")))
                event = try client.first { event in
                    if case .head(stream, _, _) = event { return true }
                    return event == .reset(1, .cancel)
                }
                others += 1
                stream += 2
            }
            try client.send(Wire.headers(stream, Wire.get("/short")))

            #expect(others > 1)
            #expect(event == .reset(1, .cancel))
            #expect(try client.answer(on: stream).status == 200)
        }
    }

    @Test func `an answer that was ready is written to its end though the client has closed its side`() async throws {
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: 12_000_000)
        let handler = ScriptedHandler { $0.path == "/held" ? nil : Response(status: 200, body: body) }
        try await withEdge(handler, { $0.closing.halfClosed = Self.soon }) { edge in
            let client = try HTTP2Client(edge, hello: Preface.bytes + Wire.settings([(4, 1 << 30)]))
            let late = try edge.client()
            try client.send(Wire.windowUpdate(0, 1 << 30), Wire.settings(flags: Wire.ack))
            try client.send(Wire.headers(1, Wire.get()))
            _ = handler.waitForRequests(1)
            client.finish()
            // It reads nothing until one that closed its side later is not answered any more.
            try late.send(get("/held"))
            late.finish()
            _ = try late.rest()

            var size = 0
            var ends = false
            while !ends {
                let event = try client.next(agrees: false)
                if case .data(1, let count, let isLast) = event { (size, ends) = (size + count, isLast) }
                if event == .end { break }
            }

            #expect(size == body.count)
            #expect(ends)
        }
    }

    @Test func `a client that does not read is left`() async throws {
        let body = [UInt8](repeating: 0, count: 16_000_000)
        let handler = ScriptedHandler { _ in Response(status: 200, body: body) }
        try await withEdge(handler, { $0.timeouts.write = Self.soon }) { edge in
            let client = try HTTP2Client(edge, hello: Preface.bytes + Wire.settings([(4, 1 << 30)]))
            try client.send(Wire.windowUpdate(0, 1 << 30), Wire.settings(flags: Wire.ack))
            try client.send(Wire.headers(1, Wire.get()))
            _ = handler.waitForRequests(1)

            await eventually { edge.server.openConnections == 0 }

            #expect(edge.server.openConnections == 0)
        }
    }

    /// The windows are as wide as they get, and nothing more will be asked.
    private func ask(_ client: HTTP2Client, streams: [Int32]) throws {
        try client.send(Wire.windowUpdate(0, 1 << 30), Wire.settings(flags: Wire.ack))
        for stream in streams { try client.send(Wire.headers(stream, Wire.get("/\(stream)"))) }
        try client.send(Wire.goAway())
    }

    @Test func `a client that sips what was written is left`() async throws {
        let body = [UInt8](repeating: 0, count: 16_000_000)
        let handler = ScriptedHandler { _ in Response(status: 200, body: body) }
        try await withEdge(handler, { $0.timeouts.write = .milliseconds(100) }) { edge in
            let client = try HTTP2Client(edge, hello: Preface.bytes + Wire.settings([(4, 1 << 30)]))
            client.narrow()
            try ask(client, streams: [1])
            _ = handler.waitForRequests(1)

            _ = client.sip(atMost: 200)
            await eventually { edge.server.openConnections == 0 }

            #expect(edge.server.openConnections == 0)
        }
    }

    @Test(arguments: [[1], [1, 3, 5]])
    func `a client that takes longer than that for its answers, but goes on taking them, gets them whole`(
        streams: [Int32]
    ) async throws {
        let body = [UInt8](repeating: 0, count: 20_000_000 / streams.count)
        let handler = ScriptedHandler { _ in Response(status: 200, body: body) }
        try await withEdge(handler, { $0.timeouts.write = .milliseconds(400) }) { edge in
            let client = try HTTP2Client(edge, hello: Preface.bytes + Wire.settings([(4, 1 << 30)]))
            try ask(client, streams: streams)
            _ = handler.waitForRequests(streams.count)

            let taken = try client.takeSlowly(for: .milliseconds(1200))
            let rest = try client.takeRest()

            #expect(taken < 10_000_000)
            #expect(taken + rest > body.count * streams.count)
        }
    }

    @Test func `an old connection ends in two steps, and answers what comes between them all the same`() async throws {
        let handler = ScriptedHandler { _ in nil }
        try await withEdge(handler, { $0.timeouts.connectionAge = Self.soon }) { edge in
            let client = try HTTP2Client(edge)
            try client.send(Wire.headers(1, Wire.get("/first")))

            let announcement = try client.first(isGoAway)
            // Not answered before the answer to the server's PING, which is sent with the next frame read.
            try client.send(Wire.headers(3, Wire.get("/second")))
            _ = handler.waitForRequests(2)
            handler.answer("/first")
            var answers = [try client.answer(on: 1).status]
            // The PING is answered by now; HAProxy goes on even so.
            try client.send(Wire.headers(5, Wire.get("/third")))
            _ = handler.waitForRequests(3)
            handler.answer("/second")
            handler.answer("/third")
            answers += [try client.answer(on: 3).status, try client.answer(on: 5).status]
            let end = try client.first(isGoAway)

            #expect(announcement == .goAway(last: .max, .noError))
            #expect(end == .goAway(last: 5, .noError))
            #expect(answers == [200, 200, 200])
            #expect(try client.next() == .end)
        }
    }

    @Test func `a drain tells clients and waits for their requests`() async throws {
        let handler = ScriptedHandler { _ in nil }
        try await withEdge(handler) { edge in
            let client = try HTTP2Client(edge)
            try client.send(Wire.headers(1, Wire.get()))
            _ = handler.waitForRequests(1)

            async let cut = edge.server.drain(within: .seconds(20))
            let announcement = try client.first(isGoAway)
            let end = try client.first(isGoAway)
            handler.answer("/")
            let answer = try client.answer(on: 1)

            #expect(announcement == .goAway(last: .max, .noError))
            #expect(end == .goAway(last: 1, .noError))
            #expect(answer.status == 200)
            #expect(try client.next() == .end)
            client.close()
            #expect(await cut == 0)
        }
        #expect(handler.cancellations == [])
    }
}
