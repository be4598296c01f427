// The memory of good replies: whose they are, how long they are good, and how much there is room for.

import Pipeline
import Synchronization
import Testing

@testable import Aggregation

@Suite struct StaleRepliesTests {
    private let start = ContinuousClock.now
    private let counts = StaleCounts()

    private func key(
        _ path: String = "/contacts/1", upstream: Int = 1, tenant: String = "t-1", workspace: String? = nil,
        scopes: Set<String> = ["read"]
    ) -> StaleReplies.Key {
        StaleReplies.Key(upstream: upstream, tenant: tenant, workspace: workspace, scopes: scopes, path: path)
    }

    private func body(_ text: String = "{}") -> ReplyBody { ReplyBody(text.utf8) }

    private func text(_ replies: StaleReplies, _ key: StaleReplies.Key) -> String? {
        replies.find(key, notOlderThan: .seconds(60), at: start).map { String(decoding: $0.body.bytes, as: UTF8.self) }
    }

    @Test func `gives back what was kept last, with its age`() throws {
        let replies = StaleReplies(counts: counts)

        replies.keep(body("old"), for: key(), at: start)
        replies.keep(body("new"), for: key(), at: start + .seconds(1))
        let found = try #require(replies.find(key(), notOlderThan: .seconds(60), at: start + .milliseconds(41_900)))

        #expect(String(decoding: found.body.bytes, as: UTF8.self) == "new")
        #expect(found.age == .milliseconds(40_900))
        #expect(replies.count == 1)
    }

    @Test func `is good for as long as is said, and no longer`() {
        let replies = StaleReplies(counts: counts)

        replies.keep(body(), for: key(), at: start)

        #expect(replies.find(key(), notOlderThan: .seconds(10), at: start + .seconds(10)) != nil)
        #expect(replies.find(key(), notOlderThan: .seconds(10), at: start + .milliseconds(10_001)) == nil)
    }

    @Test func `tells apart upstreams, tenants, workspaces, scopes and paths`() {
        let replies = StaleReplies(counts: counts)
        let others = [
            key("/contacts/2"), key(upstream: 2), key(tenant: "t-2"), key(workspace: "w"), key(scopes: []),
            key(scopes: ["read", "write"]),
        ]

        replies.keep(body("mine"), for: key(), at: start)

        #expect(others.allSatisfy { text(replies, $0) == nil })
        #expect(text(replies, key()) == "mine")
    }

    @Test func `forgets what is said to be no more`() {
        let replies = StaleReplies(counts: counts)

        replies.keep(body(), for: key(), at: start)
        replies.forget(key())
        replies.forget(key())

        #expect(text(replies, key()) == nil)
        #expect(counts.bytes == 0)
    }

    @Test func `never takes more memory than it may, and loses what was asked for least recently`() {
        let replies = StaleReplies(most: 10_000, counts: counts)
        for number in 0..<4 {
            replies.keep(body(String(repeating: "x", count: 2000)), for: key("/\(number)"), at: start)
        }

        let first = text(replies, key("/0"))
        replies.keep(body(String(repeating: "y", count: 2000)), for: key("/4"), at: start)

        #expect(first != nil)
        #expect(
            ["/0", "/1", "/2", "/3", "/4"].map { text(replies, key($0)) != nil } == [true, false, true, true, true])
        #expect(counts.bytes <= 10_000)
    }

    @Test func `counts the scopes that it keeps alive`() {
        let replies = StaleReplies(most: 1_000_000, counts: counts)
        let many = Set((0..<1900).map { "s\($0)" })

        for number in 0..<100 { replies.keep(body(), for: key("/\(number)", scopes: many), at: start) }

        // 1900 strings of 16 bytes in a table of 4096 places take 65 KiB.
        #expect(counts.bytes / max(1, replies.count) >= 1900 * 35)
        #expect(replies.count <= 1_000_000 / (1900 * 35))
        #expect(replies.count > 0)
    }

    @Test func `has others forget what an upstream disowns, if they keep anything`() {
        let told = Told()
        let counts = StaleCounts()
        let one = StaleReplies(counts: counts) { key in told.keys.withLock { $0.append(key) } }
        let other = StaleReplies(counts: counts)
        one.keep(body(), for: key(), at: start)
        one.disown(key())
        let toldAlone = told.keys.withLock(\.count)

        other.keep(body(), for: key(), at: start)
        one.disown(key())
        one.disown(key("/contacts/2"))

        #expect(toldAlone == 0)
        #expect(told.keys.withLock(\.self) == [key(), key("/contacts/2")])
    }

    @Test func `does not turn out all others for one large reply`() {
        let replies = StaleReplies(most: 10_000, counts: counts)
        replies.keep(body("small"), for: key("/0"), at: start)
        replies.keep(body("small"), for: key("/1"), at: start)

        replies.keep(body(String(repeating: "x", count: 2500)), for: key("/1"), at: start)

        #expect(text(replies, key("/0")) == "small")
        // What it had of that one is not the last any more.
        #expect(text(replies, key("/1")) == nil)
    }

    @Test func `keeps to its bound and its counts, whatever comes`() {
        var random = FastRandom(seed: 3)
        let replies = StaleReplies(most: 20_000, counts: counts)

        for _ in 0..<20_000 {
            let key = key("/\(Int.random(in: 0..<60, using: &random))")
            switch Int.random(in: 0..<4, using: &random) {
            case 0: replies.forget(key)
            case 1: _ = text(replies, key)
            default:
                let size = Int.random(in: 1..<3000, using: &random)
                replies.keep(body(String(repeating: "x", count: size)), for: key, at: start)
            }
            if counts.bytes > 20_000 || counts.bytes < replies.count * 256 { break }
        }
        for number in 0..<60 { replies.forget(key("/\(number)")) }

        #expect(counts.bytes == 0)
        #expect(replies.count == 0)
    }

    @Test func `gives its memory back with itself`() {
        var replies: StaleReplies? = StaleReplies(counts: counts)
        replies?.keep(body(), for: key(), at: start)
        let before = counts.bytes
        replies = nil

        #expect(before > 0)
        #expect(counts.bytes == 0)
    }
}

private final class Told: Sendable {
    let keys = Mutex<[StaleReplies.Key]>([])
}
