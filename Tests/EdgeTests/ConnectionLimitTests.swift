// Too many connections: the oldest idle one goes, else the newest is told.

import Configuration
import Edge
import Pipeline
import Testing

@Suite struct ConnectionLimitTests {
    @Test(arguments: [1, 2]) func `the connection that has been idle longest makes room`(threads: Int) async throws {
        let handler = ScriptedHandler { $0.path == "/busy" ? nil : Response(echoing: $0) }
        try await withEdge(
            handler,
            {
                $0.threads = threads
                $0.limits.connections = 3
            }
        ) { edge in
            let busy = try edge.client(), first = try edge.client(), second = try edge.client()
            try busy.send(get("/busy"))
            for client in [second, first] {
                try client.send(get("/"))
                _ = try client.reply()
            }
            _ = handler.waitForRequests(3)

            let fourth = try edge.client()
            try fourth.send(get("/fourth"))
            let reply = try fourth.reply()
            handler.answer("/busy")

            #expect(reply.body == "/fourth")
            #expect(try busy.reply().status == 200)
            #expect(edge.server.openConnections == 3)
            // Over two loops only each loop's own order is known.
            if threads == 1 { #expect(try second.rest() == "") }
        }
    }

    @Test(arguments: [1, 2]) func `without an idle one the newest is turned away`(threads: Int) async throws {
        let handler = ScriptedHandler { _ in nil }
        try await withEdge(
            handler,
            {
                $0.threads = threads
                $0.limits.connections = 2
            }
        ) { edge in
            let busy = [try edge.client(), try edge.client()]
            for (number, client) in busy.enumerated() { try client.send(get("/\(number)")) }
            _ = handler.waitForRequests(2)

            let third = try edge.client()
            try third.send(get("/third"))
            let reply = try third.reply()
            let rest = try third.rest()
            handler.answer("/0")
            handler.answer("/1")

            #expect(reply.status == 503)
            #expect(reply.fields["retry-after"] == "1")
            #expect(
                reply.fields["proxy-status"]
                    == #"conversation-gateway; error=proxy_internal_response; details="too many connections""#)
            #expect(reply.fields["connection"] == "close")
            #expect(reply.fields["cache-control"] == "no-store")
            #expect(reply.fields["content-type"] == "application/json")
            #expect(reply.fields["x-content-type-options"] == "nosniff")
            #expect(reply.fields["x-request-id"]?.utf8.count == 16)
            #expect(reply.body == #"{"error":"Too many connections"}"#)
            #expect(rest == "")
            for client in busy { #expect(try client.reply().status == 200) }
        }
        #expect(handler.requests.count == 2)
    }

    @Test func `the newest is turned away in HTTP-2 if it speaks that, whatever it asks`() async throws {
        let handler = ScriptedHandler { _ in nil }
        try await withEdge(handler, { $0.limits.connections = 1 }) { edge in
            let busy = try edge.client()
            try busy.send(get("/busy"))
            _ = handler.waitForRequests(1)

            let newest = try HTTP2Client(edge)
            try newest.send(Wire.headers(1, Wire.get()), Wire.headers(3, Wire.get()))
            var statuses: [Int32: Int] = [:]
            var event = HTTP2Client.Event.other
            while event != .end {
                event = try newest.next()
                if case .head(let stream, let status, _) = event { statuses[stream] = status }
            }
            handler.answer("/busy")

            #expect(statuses == [1: 503, 3: 503])
            #expect(String(decoding: newest.body, as: UTF8.self) == #"{"error":"Too many connections"}"#)
        }
        #expect(handler.requests.map(\.path) == ["/busy"])
    }

    @Test func `who is turned away and says nothing does not hold up the end`() async throws {
        let handler = ScriptedHandler { _ in nil }
        try await withEdge(handler, { $0.limits.connections = 1 }) { edge in
            let busy = try edge.client()
            try busy.send(get("/busy"))
            _ = handler.waitForRequests(1)
            let newest = try edge.client()
            // Accepted before this is answered, on the same loop.
            let other = try edge.client()
            try other.send(get("/other"))
            _ = try other.reply()
            busy.reset()
            _ = handler.waitForCancellations(1)

            await edge.server.drain(within: .seconds(60))

            #expect(try newest.rest() == "")
        }
    }

    /// Of a request, as far as it says that there is one.
    private static let parts = [
        "GET", "GET /b HTTP/1.1\r\nHost: gateway\r\n",
        "GET /b HTTP/1.1\r\nHost: gateway\r\nContent-Length: 5\r\n\r\nab",
    ]

    @Test(arguments: parts) func `where the unasked give way, parts of requests hold no place`(_ part: String)
        async throws
    {
        try await withEdge(
            ScriptedHandler(),
            {
                $0.limits.connections = 3
                $0.unaskedGiveWay = true
            }
        ) { edge in
            let oldest = try edge.client(), second = try edge.client(), third = try edge.client()
            for client in [oldest, second, third] {
                // The part is read with what is answered.
                try client.send(get("/a") + part)
                _ = try client.reply()
            }

            let newest = try edge.client()
            try newest.send(get("/newest"))
            let reply = try newest.reply()
            let rest = try oldest.rest()

            #expect(reply.body == "/newest")
            #expect(rest == "")
            #expect(edge.server.openConnections == 3)
            if part == "GET" {
                try third.send(" /whole HTTP/1.1\r\nHost: gateway\r\n\r\n")
                #expect(try third.reply().body == "/whole")
            }
        }
    }

    @Test func `where the unasked give way, whoever has asked does not`() async throws {
        let handler = ScriptedHandler { _ in nil }
        try await withEdge(
            handler,
            {
                $0.limits.connections = 2
                $0.unaskedGiveWay = true
            }
        ) { edge in
            let busy = [try edge.client(), try edge.client()]
            for (number, client) in busy.enumerated() { try client.send(get("/\(number)")) }
            _ = handler.waitForRequests(2)

            let third = try edge.client()
            try third.send(get("/third"))
            let reply = try third.reply()
            handler.answer("/0")
            handler.answer("/1")

            #expect(reply.status == 503)
            for client in busy { #expect(try client.reply().status == 200) }
        }
    }

    @Test(arguments: [false, true]) func `in HTTP-2, too, a part of a request holds a place where the unasked may stay`(
        _ givesWay: Bool
    ) async throws {
        try await withEdge(
            ScriptedHandler(),
            {
                $0.limits.connections = 1
                $0.unaskedGiveWay = givesWay
            }
        ) { edge in
            let half = try HTTP2Client(edge)
            // The answer to the PING says that what came before it was read.
            try half.send(Wire.headers(1, Wire.post(), flags: Wire.endHeaders), Wire.ping(1))
            var event = HTTP2Client.Event.other
            while event != .pinged(1) { event = try half.next() }

            let newest = try edge.client()
            try newest.send(get("/newest"))

            #expect(try newest.reply().status == (givesWay ? 200 : 503))
        }
    }

    @Test func `a connection that ends makes room`() async throws {
        try await withEdge(ScriptedHandler(), { $0.limits.connections = 1 }) { edge in
            for _ in 0..<3 {
                let client = try edge.client()
                try client.send(get("/", "Connection: close\r\n"))
                #expect(try client.reply().status == 200)
                client.close()
                await eventually { edge.server.openConnections == 0 }
            }
        }
    }
}
