// Buckets in a real Redis.

import Configuration
import Glibc
import Logging
import Pipeline
import Support
import Testing

@testable import Identity

@Suite struct RedisAddressTests {
    @Test(arguments: [
        ("127.0.0.1:6379", RedisAddress.network(host: "127.0.0.1", port: 6379)),
        ("redis.internal:1", .network(host: "redis.internal", port: 1)),
        ("[::1]:6379", .network(host: "::1", port: 6379)), ("unix:/run/redis.sock", .socket(path: "/run/redis.sock")),
    ])
    func `is a server's or a socket's`(text: String, address: RedisAddress) {
        #expect(RedisAddress(text) == address)
    }
}

@Suite struct RedisQueueTests {
    private let start = ContinuousClock.now

    @Test func `asks for whoever waits not yet too long, so many together`() {
        var queue = RedisQueue<Int>()
        for number in 0..<300 { _ = queue.add(number, at: start + .milliseconds(number < 10 ? 0 : 5)) }

        let first = queue.take(at: start + .milliseconds(11))
        let second = queue.take(at: start + .milliseconds(15))
        let third = queue.take(at: start + .seconds(1))

        #expect(first.late == Array(0..<10))
        #expect(first.together == Array(10..<266))
        #expect(second.late.isEmpty && second.together == Array(266..<300))
        #expect(third.late.isEmpty && third.together.isEmpty)
    }

    @Test func `has an end`() {
        var queue = RedisQueue<Int>()
        let added = (0..<5000).count { queue.add($0, at: start) }

        #expect(added == 4096)
        #expect(queue.empty().count == 4096)
    }
}

@Suite(.timeLimit(.minutes(1))) struct RedisConnectionTests {
    @Test func `waits no longer for a reply that comes byte by byte`() async throws {
        let port = try HeldPort(listening: true)
        let client = try RedisConnection.open(
            to: .network(host: "127.0.0.1", port: Int32(port.port)), patience: .seconds(5), silence: .seconds(5))
        let listener = port.descriptor
        // Says more and more of a number, until there is nobody to hear it.
        Task.detached {
            let peer = accept(listener, nil, nil)
            var text = ":"
            while send(peer, text, 1, Int32(MSG_NOSIGNAL)) == 1 {
                text = "1"
                // Nothing is waited for: it is how slowly this peer speaks.
                usleep(1000)
            }
            close(peer)
        }

        #expect(throws: RedisUnavailable.late) { try client.reply(by: .now + .milliseconds(50)) }
    }
}

@Suite(.timeLimit(.minutes(1))) struct RedisBucketsTests {
    private let rate = Rate(perSecond: 1, burst: 3)

    @Test(arguments: [false, true])
    func `are shared by all that ask the same Redis`(byPort: Bool) async throws {
        let server = try await RedisServer()
        let address = byPort ? server.address : server.socketAddress
        let one = try await connected(address), other = try await connected(address)

        var granted = 0
        for buckets in [one, other, one, other, one, other, one, other] where await buckets.take("t", rate) == .granted
        {
            granted += 1
        }
        let elsewhere = await one.take("u", rate)

        // One more may have come back meanwhile.
        #expect((3...4).contains(granted))
        #expect(elsewhere == .granted)
    }

    @Test func `say how long it takes until there is a token`() async throws {
        let server = try await RedisServer()
        let buckets = try await connected(server.socketAddress)
        let slow = Rate(perSecond: 1, burst: 1)

        let first = await buckets.take("t", slow)
        let second = await buckets.take("t", slow)

        #expect(first == .granted)
        guard case .refused(let wait)? = second else {
            Issue.record("\(String(describing: second))")
            return
        }
        #expect((.milliseconds(1)...Duration.seconds(1)).contains(wait))
    }

    @Test func `help whoever is limited when the rate is raised`() async throws {
        let server = try await RedisServer()
        let buckets = try await connected(server.socketAddress)
        for _ in 0..<50 { _ = await buckets.take("t", Rate(perSecond: 1, burst: 50)) }
        let fast = Rate(perSecond: 100, burst: 1)

        let first = await buckets.take("t", fast)
        // Fifty seconds, if what the slow rate left counted on.
        let isHelped = await eventually { await buckets.take("t", fast) == .granted }

        guard case .refused(let wait)? = first else {
            Issue.record("\(String(describing: first))")
            return
        }
        #expect(wait <= .milliseconds(10))
        #expect(isHelped)
    }

    @Test func `leave Redis by themselves when they are full`() async throws {
        let server = try await RedisServer()
        let buckets = try await connected(server.socketAddress)

        for _ in 0..<10 { _ = await buckets.take("t", Rate(perSecond: 100, burst: 5)) }

        let isGone = try await eventually {
            try await output(of: "redis-cli", ["-p", "\(server.port)", "dbsize"]).hasPrefix("0")
        }
        #expect(isGone)
    }

    @Test func `have no answer at once while Redis is away, and answers when it is back, and say both once`()
        async throws
    {
        let server = try await RedisServer()
        let log = LogLines()
        let buckets = try await connected(server.socketAddress, log)

        server.kill()
        let isLost = await eventually { await buckets.take("t", rate) == nil }
        let start = ContinuousClock.now
        for _ in 0..<1000 { #expect(await buckets.take("t", rate) == nil) }
        let time = start.duration(to: .now)
        try await server.start()
        let isBack = await eventually(within: .seconds(20)) { await buckets.take("t", rate) != nil }

        #expect(isLost)
        #expect(isBack)
        // A thousand in less than what one would wait for a Redis that is silent, many times over.
        #expect(time < .seconds(2))
        #expect(buckets.tally.counts.missed >= 1000)
        #expect(
            log.lines.map { $0.prefix { $0 != ";" && $0 != "." } } == [
                "info Rates are counted in Redis", "warning Redis cannot be asked", "info Rates are counted in Redis",
            ])
    }

    @Test func `say once that Redis takes connections and refuses writes, and when it takes tokens`() async throws {
        let server = try await RedisServer()
        let log = LogLines()
        let cli = { (words: [String]) in try await output(of: "redis-cli", ["-p", "\(server.port)"] + words) }
        // A replica whose source is not there.
        _ = try await cli(["replicaof", "127.0.0.1", "1"])
        let buckets = try #require(RedisBuckets(server.address, RedisTally(), log.logger))

        let isTriedAgain = try await eventually {
            _ = await buckets.take("t", rate)
            let refused = try await cli(["info", "errorstats"]).split(separator: "errorstat_READONLY:count=").last
            return Int(refused?.prefix { $0.isNumber } ?? "") ?? 0 >= 3
        }
        let before = log.lines
        _ = try await cli(["replicaof", "no", "one"])
        let isBack = await eventually { await buckets.take("t", rate) == .granted }

        #expect(isTriedAgain)
        #expect(before.count == 1)
        #expect(before.first?.contains("Redis cannot be asked") == true)
        #expect(isBack)
        #expect(log.lines.count == 2)
        #expect(log.lines.last?.contains("Rates are counted in Redis.") == true)
    }

    @Test(arguments: [["lpush"], ["set"]])
    func `have no answer for a tenant whose key holds something else, and answers for all others`(
        command: [String]
    ) async throws {
        let server = try await RedisServer()
        let log = LogLines()
        let buckets = try await connected(server.socketAddress, log)
        _ = try await output(
            of: "redis-cli", ["-p", "\(server.port)"] + command + ["conversation-gateway:rate:odd", "text"])

        var odd: [RedisBuckets.Verdict?] = [], others: [RedisBuckets.Verdict?] = []
        for number in 0..<5 {
            odd.append(await buckets.take("odd", rate))
            others.append(await buckets.take("t\(number)", rate))
        }

        #expect(odd == Array(repeating: nil, count: 5))
        #expect(others.contains(.granted))
        #expect(log.lines.contains { $0.contains("Redis cannot count for a tenant") })
        // A busy machine may be late; no other reason ends a connection here.
        #expect(!log.lines.contains { $0.contains("Redis cannot be asked") && !$0.contains("no answer in time") })
    }

    @Test(arguments: [
        ("NOSCRIPT No matching script. Please use EVAL.", true),
        ("READONLY You can't write against a read only replica. script: 1, on @user_script:11.", true),
        ("ERR Error running script (call to f_1): @user_script: 12: -READONLY You can't write", true),
        ("OOM command not allowed when used memory > 'maxmemory'.", true),
        ("WRONGTYPE Operation against a key holding the wrong kind of value script: 1, on @user_script:4.", false),
        ("ERR user_script:5: attempt to compare nil with number script: 1, on @user_script:5.", false),
    ])
    func `tell an error of one key from one of all`(error: String, concernsAll: Bool) {
        #expect(RedisScript.concernsAll(error) == concernsAll)
    }

    @Test func `answer many at once, each once`() async throws {
        let server = try await RedisServer()
        let buckets = try await connected(server.socketAddress)

        let granted = await withTaskGroup { group in
            for _ in 0..<2000 {
                group.addTask { await buckets.take("t", Rate(perSecond: 1, burst: 700)) == .granted ? 1 : 0 }
            }
            return await group.reduce(0, +)
        }

        let (decided, missed) = buckets.tally.counts
        #expect(decided + missed >= 2000)
        // A busy machine may be late with some; those decide for themselves.
        #expect(granted <= 710)
        #expect(granted >= min(700, 2000 - missed))
    }

    private func connected(_ address: String, _ log: LogLines = LogLines()) async throws -> RedisBuckets {
        let buckets = try #require(RedisBuckets(address, RedisTally(), log.logger))
        // Of a bucket that nobody else asks for.
        let isConnected = await eventually { await buckets.take("-", rate) == .granted }
        #expect(isConnected)
        return buckets
    }
}
