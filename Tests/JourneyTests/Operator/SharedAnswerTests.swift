// What operators are told of a request that got the answer to another: whose it was, how long it waited for that, and nothing
// that only the other could know.

import Configuration
import Foundation
import Gateway
import StubUpstreams
import Support
import Testing

@Suite(.timeLimit(.minutes(2)))
struct SharedAnswerTests {
    /// Runs `body` when `followers` have got the answer to `leader`, which was asked before all of them.
    /// - Parameter ending: what becomes of its messages when all of them wait.
    static func withShared(
        _ followers: [String], leader: String = "leader", ending: [Action] = [],
        settings: (inout Settings) -> Void = { _ in },
        _ body: (RunningGateway, _ replies: [HTTPReply]) async throws -> Void
    ) async throws {
        let gate = Gate(limit: .seconds(60))
        try await withGateway(
            script: .parts(["messages": [.hold(gate)] + ending]),
            settings: {
                $0.tryOnce()
                for index in $0.upstreams.indices { $0.upstreams[index].coalesce = true }
                settings(&$0)
            },
            { gateway in
                let path = RunningGateway.path(Fixtures.active)
                func ask(_ id: String) throws -> Client {
                    try gateway.begin(
                        path, key: gateway.explainingKey, [("X-Request-Id", id), ("X-Gateway-Explain", "1")])
                }
                var clients = [try ask(leader)]
                try await gate.waitUntil(arrived: 1)
                for follower in followers { clients.append(try ask(follower)) }
                #expect(await eventually { await gateway.gateway.inventory.requests == clients.count })
                await gate.open()
                var replies: [HTTPReply] = []
                for client in clients { replies.append(try await client.reply()) }
                try await body(gateway, replies)
            })
    }

    @Test func `a waterfall names the request and the wait, and has no time of its own`() async throws {
        try await Self.withShared(["follower"]) { gateway, replies in
            let followed = try #require(try await gateway.ask("/admin/waterfalls/follower.json").object)
            let led = try #require(try await gateway.ask("/admin/waterfalls/leader.json").object)

            #expect(replies.map(\.status) == [200, 200])
            #expect(led["overheadMs"] is Double && led["coalescedWith"] is NSNull && led["sharedMs"] is NSNull)
            #expect(followed["coalescedWith"] as? String == "leader")
            #expect(followed["overheadMs"] is NSNull)
            #expect(followed["criticalPath"] as? [String] == [])
            let waited = try #require(followed["sharedMs"] as? Double)
            let from = try #require(followed["sharedStartMs"] as? Double)
            let total = try #require(followed["totalMs"] as? Double)
            #expect(from >= 0 && waited > 0 && from + waited <= total)
            // The parts in the leader's time: this one was begun before the follower came.
            let shared = try row(followed["parts"], "name", "messages"), own = try row(led["parts"], "name", "messages")
            func length(_ part: [String: Any]) -> Double {
                (part["endMs"] as? Double ?? 0) - (part["startMs"] as? Double ?? 0)
            }
            #expect((shared["startMs"] as? Double ?? 0) < 0)
            #expect(abs(length(shared) - length(own)) < 0.01)
            #expect(shared["coalescedWith"] as? String == "leader")
        }
    }

    @Test func `Server-Timing says it, too`() async throws {
        try await Self.withShared(["follower"]) { _, replies in
            let led = try #require(replies[0]["Server-Timing"]), followed = try #require(replies[1]["Server-Timing"])

            #expect(led.contains("gateway;dur=") && !led.contains("shared;dur="))
            #expect(!followed.contains("gateway;dur="))
            #expect(followed.contains(/shared;dur=[0-9.]+;desc="with request leader"/))
            #expect(followed.contains(/messages;dur=[0-9.]+;desc="of request leader"/))
            #expect(followed.contains("total;dur="))
        }
    }

    @Test func `the page leads from it to the request whose answer it was`() async throws {
        try await Self.withShared(["follower"]) { gateway, _ in
            let address = "http://127.0.0.1:\(gateway.adminPort)/"

            try await Browser.run { browser in
                try browser.open(address, width: 1200)
                try browser.wait(until: "document.body.dataset.state === 'live'")
                try browser.evaluate("document.getElementById('find-id').value = 'follower'")
                try browser.evaluate("document.querySelector('#find button').click()")
                try browser.wait(until: "document.querySelector('#found .waterfall .track i')")
                let followed = try browser.evaluate("document.getElementById('found').innerText") as? String ?? ""
                try browser.evaluate("document.querySelector('#found dd a').click()")
                try browser.wait(until: "!document.querySelector('#found dd a')")
                let led = try browser.evaluate("document.getElementById('found').innerText") as? String ?? ""

                #expect(followed.contains(/shared with request\s+leader/) && followed.contains("waited for that"))
                #expect(followed.contains("◂") && !followed.contains("not at upstreams"))
                #expect(!followed.contains("\nlongest path\n"))
                #expect(led.contains(/request\s+leader/) && led.contains("not at upstreams"))
                #expect(browser.complaints.isEmpty, "\(browser.complaints)")
            }
        }
    }

    @Test func `a burst of equal requests is once among the slowest, and failed ones say whose answer they had`()
        async throws
    {
        try await Self.withShared((0..<12).map { "follower-\($0)" }) { gateway, replies in
            let slowest = try await gateway.list("slowest").map { $0["id"] as? String }

            #expect(replies.map(\.status) == Array(repeating: 200, count: 13))
            #expect(slowest == ["leader"])
        }
        try await Self.withShared(["follower"], ending: [.status(500)]) { gateway, replies in
            let failures = try await gateway.list("failures")
            let address = "http://127.0.0.1:\(gateway.adminPort)/"

            #expect(replies.map(\.status) == [502, 502])
            #expect(try row(failures, "id", "follower")["coalescedWith"] as? String == "leader")
            #expect(try row(failures, "id", "leader")["coalescedWith"] is NSNull)
            try await Browser.run { browser in
                try browser.open(address, width: 1200)
                try browser.wait(until: "document.querySelectorAll('#failures button').length === 2")
                #expect(try browser.text.contains("upstream server error in messages, shared with leader"))
                #expect(try !browser.text.contains("no call was made"))
            }
        }
    }
}
