// What stands around an answer: section 4 of the contract.

import StubUpstreams
import Support
import Testing

@Suite struct HeaderTests {
    @Test func `sends the contract's headers and none of an upstream's`() async throws {
        let script = Script.parts([
            "conversation": [.fields([.init("Set-Cookie", "a=b"), .init("X-Injected", "1"), .init("ETag", "\"up\"")])]
        ])
        try await withGateway(script: script) { gateway in
            let reply = try await gateway.get(Fixtures.active)

            let names = [
                "content-type", "etag", "cache-control", "vary", "x-request-id", "x-content-type-options",
                "server-timing", "date", "content-length",
            ]
            #expect(Set(reply.fields.map { $0.name.lowercased() }) == Set(names))
            #expect(reply.fields.count == names.count)
            #expect(reply["Content-Type"] == "application/json")
            #expect(reply["Cache-Control"] == "private, no-cache")
            #expect(reply["Vary"] == "Authorization, Origin")
            #expect(reply["X-Content-Type-Options"] == "nosniff")
            #expect(reply["Content-Length"] == String(reply.body.count))
            #expect(reply["ETag"]?.wholeMatch(of: /"[^"]+"/) != nil)
            #expect(reply["Date"]?.wholeMatch(of: /\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/) != nil)
        }
    }

    @Test func `tells how long each part and the whole took`() async throws {
        try await withGateway { gateway in
            let reply = try await gateway.get(Fixtures.active)

            let entries = (reply["Server-Timing"] ?? "").split(separator: ", ").map { $0.split(separator: ";") }
            #expect(
                Set(entries.map { $0[0] }) == [
                    "conversation", "messages", "attentionItems", "contact", "account", "total",
                ])
            #expect(entries.count == 6)
            #expect(entries.last?[0] == "total")
            #expect(entries.allSatisfy { $0.count == 2 && $0[1].wholeMatch(of: /dur=\d+(\.\d+)?/) != nil })
        }
    }

    @Test func `keeps times to itself where it is told to`() async throws {
        try await withGateway(configuration: { $0.replacing("server:", with: "server:\n  serverTiming: false") }) {
            gateway in
            let reply = try await gateway.get(Fixtures.active)

            #expect(reply.status == 200)
            #expect(!reply.has("Server-Timing"))
        }
    }

    @Test(arguments: ["a", "checkout-42.7_X", String(repeating: "x", count: 128)])
    func `keeps a well-formed request id`(_ id: String) async throws {
        try await withGateway { gateway in
            let reply = try await gateway.get(Fixtures.active, [("X-Request-Id", id)])
            let refused = try await gateway.get("/nowhere", [("X-Request-Id", id)])

            #expect(reply["X-Request-Id"] == id)
            #expect(refused["X-Request-Id"] == id)
            #expect(gateway.stubs.calls.allSatisfy { $0.value("X-Request-Id") == id })
        }
    }

    @Test(arguments: ["", "a b", "ü", "a\"b", "a,b", String(repeating: "x", count: 129)])
    func `replaces any other`(_ id: String) async throws {
        try await withGateway { gateway in
            let reply = try await gateway.get(Fixtures.active, [("X-Request-Id", id)])

            let made = reply["X-Request-Id"] ?? ""
            #expect(reply.status == 200)
            #expect(made != id)
            #expect(made.wholeMatch(of: /[A-Za-z0-9._-]{1,128}/) != nil)
            #expect(gateway.stubs.calls.allSatisfy { $0.value("X-Request-Id") == made })
        }
    }

    @Test func `answers 304 to who has it already`() async throws {
        try await withGateway { gateway in
            let tag = try await gateway.get(Fixtures.active)["ETag"] ?? ""
            for known in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
                let reply = try await gateway.get(Fixtures.active, [("If-None-Match", known)])

                #expect(reply.status == 304)
                #expect(!reply.has("Content-Length"))
                #expect(!reply.has("Content-Type"))
                #expect(reply["ETag"] == tag)
                #expect(reply["Cache-Control"] == "private, no-cache")
                #expect(reply["Vary"] == "Authorization, Origin")
                #expect(reply["X-Request-Id"] != nil)
                #expect(reply["Date"] != nil)
            }
        }
    }

    @Test func `uses the connection again after a 304 and a HEAD`() async throws {
        try await withGateway { gateway in
            let path = RunningGateway.path(Fixtures.active)
            let client = try Client(port: gateway.port)
            try client.send(gateway.request(path, [("If-None-Match", "*")]))
            let unchanged = try await client.reply()
            try client.send(gateway.request(path, method: "HEAD"))
            let head = try await client.reply(toHead: true)
            try client.send(gateway.request(path))
            let whole = try await client.reply()

            #expect([unchanged, head, whole].map(\.status) == [304, 200, 200])
            #expect(whole.body.count > 1000)
        }
    }

    @Test(arguments: ["\"other\"", "\"\"", "other", "W/\"other\""])
    func `answers whole to who has another`(_ known: String) async throws {
        try await withGateway { gateway in
            let reply = try await gateway.get(Fixtures.active, [("If-None-Match", known)])

            #expect(reply.status == 200)
            #expect(!reply.body.isEmpty)
        }
    }

    @Test func `answers a HEAD as a GET without its body`() async throws {
        try await withGateway { gateway in
            let get = try await gateway.get(Fixtures.active)
            let head = try await gateway.get(Fixtures.active, method: "HEAD")

            #expect(head.status == 200)
            #expect(head.body.isEmpty)
            for name in ["ETag", "Content-Length", "Content-Type", "Cache-Control", "Vary"] {
                #expect(head[name] == get[name])
            }
        }
    }

    @Test func `gives another tag when the answer is another`() async throws {
        try await withGateway { gateway in
            let before = try await gateway.get(Fixtures.active)
            gateway.stubs.replace(script: .parts(["contact": [.change(.set("phone", to: "\"+1\""))]]))
            let after = try await gateway.get(Fixtures.active, [("If-None-Match", before["ETag"] ?? "")])

            #expect(after.status == 200)
            #expect(after["ETag"] != before["ETag"])
        }
    }
}
