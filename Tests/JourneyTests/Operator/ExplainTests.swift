// `X-Gateway-Explain: 1`: the usual answer and where its time went, for whoever may know.

import Configuration
import Foundation
import StubUpstreams
import Support
import Testing

@Suite(.timeLimit(.minutes(2)))
struct ExplainTests {
    private static let wish = [("X-Gateway-Explain", "1"), ("X-Request-Id", "asked-1")]

    @Test func `with the scope the answer is the usual one, its times are told, and the waterfall is kept`()
        async throws
    {
        try await withGateway { gateway in
            let path = RunningGateway.path(Fixtures.active)

            // The first of all, so that its calls need connections.
            let told = try await gateway.get(path, key: gateway.explainingKey, Self.wish)
            let usual = try await gateway.get(path)
            let place = try #require(told["X-Gateway-Explain"])
            let waterfall = try #require(try await gateway.ask(place).object)

            #expect(told.body == usual.body && told["ETag"] == usual["ETag"])
            #expect(place == "/admin/waterfalls/asked-1.json")
            let timing = try #require(told["Server-Timing"])
            for entry in [
                "turn;dur=", "conversation;dur=", "contact.1;dur=", #"desc="first, status 200""#, "contact.1.wait;dur=",
                "contact.1.connect;dur=", "merge;dur=", "gateway;dur=", "total;dur=",
            ] {
                #expect(timing.contains(entry), "\(entry)")
            }
            #expect(waterfall["id"] as? String == "asked-1")
            #expect(waterfall["status"] as? Int == 200)
            #expect(waterfall["mergeMs"] is Double)
            #expect(waterfall["turnMs"] is Double)
            #expect((waterfall["parts"] as? [[String: Any]])?.count == 5)
            #expect((waterfall["criticalPath"] as? [String])?.isEmpty == false)
            // Neither the key nor what was fetched.
            let text = String(decoding: try await gateway.ask(place).body, as: UTF8.self)
            #expect(!text.contains(gateway.explainingKey) && !text.contains("Müller"))
        }
    }

    @Test func `without the scope the wish changes nothing`() async throws {
        try await withGateway { gateway in
            // A slow and a failed request would be kept all the same; this one is about many fast ones.
            for number in 0..<20 { _ = try await gateway.get(Fixtures.active, [("X-Request-Id", "warm-\(number)")]) }
            let usual = try await gateway.get(Fixtures.active, [("X-Request-Id", "asked-1")])
            let wished = try await gateway.get(Fixtures.active, Self.wish)

            #expect(wished.fields.map(\.name) == usual.fields.map(\.name))
            #expect(wished.body == usual.body)
            #expect(wished["Server-Timing"]?.contains("turn") == false)
        }
    }

    @Test(arguments: ["0", "true", "", "1, 1"]) func `other words are no wish`(value: String) async throws {
        try await withGateway { gateway in
            let reply = try await gateway.get(
                RunningGateway.path(Fixtures.active), key: gateway.explainingKey, [("X-Gateway-Explain", value)])

            #expect(reply.status == 200 && !reply.has("X-Gateway-Explain"))
        }
    }

    @Test func `a failure is explained, too, and a 404 keeps its times for operators`() async throws {
        try await withGateway(script: .parts(["contact": [.status(500)]])) { gateway in
            let failed = try await gateway.get(
                RunningGateway.path(Fixtures.active), key: gateway.explainingKey, Self.wish)
            let unknown = try await gateway.get(
                "/api/conversations/\(Fixtures.unknown)", key: gateway.explainingKey,
                [("X-Gateway-Explain", "1"), ("X-Request-Id", "gone")])
            let waterfall = try #require(try await gateway.ask("/admin/waterfalls/gone.json").object)

            #expect(failed.status == 502 && failed["Server-Timing"]?.contains("status 500") == true)
            #expect(unknown.status == 404 && !unknown.has("Server-Timing"))
            #expect(unknown["X-Gateway-Explain"] == "/admin/waterfalls/gone.json")
            #expect(waterfall["failure"] as? String == "record_not_found")
        }
    }

    @Test func `only the last explained requests are kept`() async throws {
        try await withGateway(
            settings: {
                $0.tryOnce()
                $0.server.threads.fanOut = 1
            },
            { gateway in
                for number in 0..<96 {
                    _ = try await gateway.get(
                        "/nowhere", key: gateway.explainingKey,
                        [("X-Gateway-Explain", "1"), ("X-Request-Id", "n-\(number)")])
                }

                #expect(try await gateway.ask("/admin/waterfalls/n-95.json").status == 200)
                #expect(try await gateway.ask("/admin/waterfalls/n-32.json").status == 200)
                var forgotten = 0
                for number in 0..<32 {
                    if try await gateway.ask("/admin/waterfalls/n-\(number).json").status == 404 { forgotten += 1 }
                }
                // Eight of them may be known as the slowest of their minute, and eight of the next.
                #expect(forgotten > 0)
            })
    }
}
