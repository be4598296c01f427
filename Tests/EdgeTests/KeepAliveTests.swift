// One connection, several requests: in order, one at a time, however their bytes come.

import Configuration
import Pipeline
import Testing

@Suite struct KeepAliveTests {
    @Test func `a connection carries one request after the other`() async throws {
        let handler = ScriptedHandler()
        try await withEdge(handler) { edge in
            let client = try edge.client()

            for path in ["/one", "/two", "/three"] {
                try client.send(get(path))
                let reply = try client.reply()

                #expect(reply.status == 200)
                #expect(reply.body == path)
                #expect(reply.fields["connection"] == nil)
                #expect(reply.fields["date"]?.hasSuffix(" GMT") == true)
            }
        }
    }

    @Test func `requests sent ahead are answered in order, one at a time`() async throws {
        let handler = ScriptedHandler { $0.path == "/1" ? nil : Response(echoing: $0) }
        try await withEdge(handler) { edge in
            let client = try edge.client()

            try client.send((1...50).map { get("/\($0)") }.joined())
            let before = handler.waitForRequests(1)
            handler.answer("/1", Response(status: 200, body: Array("/1".utf8)))
            let bodies = try (1...50).map { _ in try client.reply().body }

            #expect(before.map(\.path) == ["/1"])
            #expect(bodies == (1...50).map { "/\($0)" })
        }
    }

    @Test func `a request is read whole wherever its bytes are split`() async throws {
        let text =
            get("/one", "X-Request-Id: one\r\n")
            + "POST /two HTTP/1.1\r\nHost: gateway\r\nContent-Length: 3\r\n\r\nabc"
            + "PUT /three HTTP/1.1\r\nHost: gateway\r\nTransfer-Encoding: chunked\r\n\r\n2;x=\"y\"\r\nab\r\n0\r\nT: v\r\n\r\n"
            + get("/four")
        let bytes = Array(text.utf8)
        try await withEdge(ScriptedHandler()) { edge in
            for split in 1..<bytes.count {
                let client = try edge.client()

                try client.send(Array(bytes[..<split]))
                try client.send(Array(bytes[split...]))
                let bodies = try (1...4).map { _ in try client.reply().body }

                #expect(bodies == ["/one", "/two", "/three", "/four"], "split at \(split)")
            }
        }
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func `a hundred requests of every kind, sent ahead in pieces, are answered in order`(seed: UInt64) async throws {
        var random = FastRandom(seed: seed)
        let requests = (0..<100).map { number in
            switch Int.random(in: 0..<5, using: &random) {
            case 0: get("/\(number)")
            case 1: "\r\nHEAD /\(number) HTTP/1.1\r\nHost: gateway\r\n\r\n"
            case 2: "POST /\(number) HTTP/1.1\r\nHost: gateway\r\nContent-Length: 7\r\n\r\nGET / H"
            case 3: "PUT http://gateway/\(number) HTTP/1.1\r\nHost: gateway\r\n\r\n"
            default:
                "PUT /\(number) HTTP/1.1\r\nHost: gateway\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "4;a\r\n\r\n\r\n\r\n0;b=\"\\\"\"\r\nT: v\r\n\r\n"
            }
        }
        let handler = ScriptedHandler()
        try await withEdge(handler) { edge in
            let client = try edge.client()
            var rest = Array(requests.joined().utf8)[...]

            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 1...400, using: &random))
                try client.send(Array(piece))
                rest = rest.dropFirst(piece.count)
            }
            for (number, request) in requests.enumerated() {
                let isHead = request.hasPrefix("\r\nHEAD")
                let reply = try client.reply(toHead: isHead)
                #expect(reply.status == 200)
                #expect(reply.body == (isHead ? "" : "/\(number)"), "\(seed): \(number)")
            }

            #expect(handler.requests.map(\.path) == (0..<100).map { "/\($0)" })
        }
    }

    @Test(arguments: [
        ("HTTP/1.1", "close"), ("HTTP/1.1", "Close"), ("HTTP/1.1", "close, keep-alive"),
        ("HTTP/1.1", "keep-alive, close"),
        ("HTTP/1.1", "keep-alive,close,"), ("HTTP/1.1", "keep-alive\r\nConnection: close"),
        ("HTTP/1.1", "close\r\nConnection: keep-alive"), ("HTTP/1.1", "X-A,\tclose"), ("HTTP/1.0", "close"),
        ("HTTP/1.0", "close, keep-alive"), ("HTTP/1.0", "keep-alive, close"),
        ("HTTP/1.0", "keep-alive\r\nConnection: close"), ("HTTP/1.0", "keep-alivex"), ("HTTP/1.0", ""),
    ])
    func `close wins over everything else that is said of a connection`(version: String, value: String) async throws {
        let handler = ScriptedHandler()
        try await withEdge(handler) { edge in
            let client = try edge.client()

            try client.send("GET /last \(version)\r\nHost: gateway\r\nConnection: \(value)\r\n\r\n" + get("/more"))
            let reply = try client.reply()

            #expect(reply.status == 200)
            #expect(reply.fields["connection"] == "close")
            #expect(try client.rest() == "")
            #expect(handler.requests.count == 1)
        }
    }

    @Test(arguments: ["keep-alive", "Keep-Alive", "X-A", "closed", "", "close-not", "keep-alive, TE"])
    func `what is not close is not taken for it`(value: String) async throws {
        try await withEdge(ScriptedHandler()) { edge in
            let client = try edge.client()

            try client.send(get("/1", "Connection: \(value)\r\n") + get("/2"))

            #expect(try client.reply().body == "/1")
            #expect(try client.reply().body == "/2")
        }
    }

    @Test func `a request may come one byte at a time`() async throws {
        try await withEdge(ScriptedHandler()) { edge in
            let client = try edge.client()

            for byte in Array(get("/slow").utf8) { try client.send([byte]) }
            let reply = try client.reply()

            #expect(reply.body == "/slow")
        }
    }

    @Test func `empty lines before a request are ignored`() async throws {
        try await withEdge(ScriptedHandler()) { edge in
            let client = try edge.client()

            try client.send("\r\n\r\n" + get("/one") + "\r\n" + get("/two"))

            #expect(try client.reply().body == "/one")
            #expect(try client.reply().body == "/two")
        }
    }

    @Test func `a client that asks for it gets its connection closed`() async throws {
        try await withEdge(ScriptedHandler()) { edge in
            let client = try edge.client()

            try client.send(get("/last", "Connection: close\r\n") + get("/more"))
            let reply = try client.reply()

            #expect(reply.fields["connection"] == "close")
            #expect(try client.rest() == "")
        }
    }

    @Test func `HTTP 1 dot 0 closes unless asked not to`() async throws {
        try await withEdge(ScriptedHandler()) { edge in
            let client = try edge.client()

            try client.send("GET /kept HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            let kept = try client.reply()
            try client.send("GET /last HTTP/1.0\r\n\r\n")
            let last = try client.reply()

            #expect(kept.fields["connection"] == "keep-alive")
            #expect(last.fields["connection"] == "close")
            #expect(try client.rest() == "")
        }
    }

    @Test func `an offer to upgrade is ignored, and the connection ends with the answer`() async throws {
        try await withEdge(ScriptedHandler()) { edge in
            let client = try edge.client()

            try client.send(
                get("/", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"))
            let reply = try client.reply()

            #expect(reply.status == 200)
            #expect(reply.fields["connection"] == "close")
            #expect(try client.rest() == "")
        }
    }

    @Test func `a response may end the connection`() async throws {
        let handler = ScriptedHandler { request in
            var response = Response(echoing: request)
            response.closesConnection = true
            return response
        }
        try await withEdge(handler) { edge in
            let client = try edge.client()

            try client.send(get("/"))

            #expect(try client.reply().fields["connection"] == "close")
            #expect(try client.rest() == "")
        }
    }
}

@Suite struct ConnectionAgeTests {
    @Test func `the next answer of an old connection is its last`() async throws {
        let handler = ScriptedHandler { $0.path == "/held" ? nil : Response(echoing: $0) }
        try await withEdge(handler, { $0.timeouts.connectionAge = .milliseconds(50) }) { edge in
            let client = try edge.client()
            try client.send(get("/held"))
            _ = handler.waitForRequests(1)

            let begun = ContinuousClock.now
            await eventually { begun.duration(to: .now) > .milliseconds(50) }
            handler.answer("/held")

            #expect(try client.reply().fields["connection"] == "close")
            #expect(try client.rest() == "")
        }
    }

    @Test func `a young connection goes on`() async throws {
        try await withEdge(ScriptedHandler()) { edge in
            let client = try edge.client()

            for path in ["/1", "/2"] {
                try client.send(get(path))
                #expect(try client.reply().fields["connection"] == nil)
            }
        }
    }
}
