// One limit for several gateways, and what becomes of it without the Redis that holds it.

import Configuration
import StubUpstreams
import Support
import Synchronization
import Testing

/// A tenant that asks as fast as it is answered.
private final class Flood: Sendable {
    let isOver = Atomic<Bool>(false)
    private let answered = Atomic<Int>(0)

    var admitted: Int { answered.load(ordering: .relaxed) }

    func ask(_ gateway: RunningGateway) async throws {
        let client = try Client(port: gateway.port)
        defer { client.close() }
        while !isOver.load(ordering: .relaxed) {
            try client.send(gateway.request(RunningGateway.path(Fixtures.active)))
            let status = try await client.reply().status
            #expect(status == 200 || status == 429)
            if status == 200 { answered.wrappingAdd(1, ordering: .relaxed) }
        }
    }
}

@Suite(.timeLimit(.minutes(2))) struct SharedRateTests {
    @Test func `two gateways share one limit`() async throws {
        let redis = try await RedisServer()
        let log = LogLines(), otherLog = LogLines()
        try await withGateway(settings: limited(by: redis, burst: 10), log: log) { one in
            try await withGateway(settings: limited(by: redis, burst: 10), log: otherLog) { other in
                try await waitUntilCounted(by: one, log)
                try await waitUntilCounted(by: other, otherLog)
                var statuses: [Int] = []
                var refused: HTTPReply?
                for _ in 0..<15 {
                    for gateway in [one, other] {
                        let reply = try await gateway.get(Fixtures.active)
                        statuses.append(reply.status)
                        if reply.status == 429 { refused = reply }
                    }
                }

                let answered = statuses.filter { $0 == 200 }.count
                // Ten, and one a second; each alone would have let through ten.
                #expect((10...16).contains(answered), "\(statuses)")
                let error = try #require(refused)
                expectError(error, status: 429, "Too many requests")
                #expect(error["RateLimit-Limit"] == "10")
                #expect(error["Retry-After"] == "1")
            }
        }
    }

    @Test func `a Redis that is killed under load costs no request, and is used again when it is back`() async throws {
        let redis = try await RedisServer()
        let log = LogLines()
        try await withGateway(settings: limited(by: redis, burst: 100_000), log: log) { gateway in
            try await waitUntilCounted(by: gateway, log)
            let statuses = try await withThrowingTaskGroup(of: [Int].self) { group in
                for _ in 0..<8 { group.addTask { try await Self.ask(gateway, times: 60) } }
                // In the middle of it.
                _ = await eventually { gateway.stubs.calls.count > 400 }
                redis.kill()
                return try await group.reduce(into: []) { $0 += $1 }
            }
            let isNoted = await eventually { log.lines.contains { $0.contains("Redis cannot be asked") } }
            let without = try await gateway.get(Fixtures.active)
            let isBack = try await isUsedAgain(by: gateway, log) { try await redis.start() }

            #expect(statuses.count == 480)
            #expect(statuses.allSatisfy { $0 == 200 })
            #expect(isNoted)
            #expect(without.status == 200)
            #expect(isBack)
        }
    }

    @Test func `a Redis that is killed under load gives nobody a second burst`() async throws {
        let redis = try await RedisServer()
        let log = LogLines()
        let (rate, burst) = (40, 60)
        try await withGateway(settings: limited(by: redis, rate: rate, burst: burst), log: log) { gateway in
            try await waitUntilCounted(by: gateway, log)
            let flood = Flood()
            let start = ContinuousClock.now
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { try await flood.ask(gateway) } }
                // The burst is used up, and what comes back is used at once.
                let isLimited = await eventually { flood.admitted > burst + 10 }
                redis.kill()
                let isAway = try await eventually { try await figures(of: gateway)["gateway_redis_up"] == 0 }
                let then = flood.admitted
                // A second's worth: the bucket here lets through what is due, and, if it did not know of the burst, that too.
                let goesOn = await eventually { flood.admitted >= then + rate }
                flood.isOver.store(true, ordering: .relaxed)
                try await group.waitForAll()
                #expect(isLimited && isAway && goesOn)
            }
            let time = start.duration(to: .now) / .seconds(1)
            let all = flood.admitted
            let up = try await figures(of: gateway)["gateway_redis_up"]

            // One for each client, whose token may have been taken in Redis and not be known of here; and what comes back in a
            // moment in which a busy machine took Redis to be away may be taken on both sides. A second burst were sixty more.
            #expect(Double(all) <= Double(burst) + Double(rate) * time + 20, "\(all) in \(time) s")
            #expect(up == 0)
        }
    }

    @Test func `a Redis that comes back without what it held gives nobody a second burst`() async throws {
        let redis = try await RedisServer()
        let log = LogLines()
        let burst = 20
        try await withGateway(settings: limited(by: redis, burst: burst), log: log) { gateway in
            try await waitUntilCounted(by: gateway, log)
            let start = ContinuousClock.now
            let first = try await Self.ask(gateway, times: 30).count { $0 == 200 }
            redis.kill()
            let isAway = try await eventually {
                _ = try await gateway.get(Fixtures.otherTenant, key: gateway.otherTenantsKey)
                return try await figures(of: gateway)["gateway_redis_up"] == 0
            }
            let isBack = try await isUsedAgain(by: gateway, log, as: gateway.otherTenantsKey) {
                try await redis.start()
            }
            let second = try await Self.ask(gateway, times: 30).count { $0 == 200 }
            let time = start.duration(to: .now) / .seconds(1)

            #expect(isAway && isBack)
            #expect(first >= burst)
            // One a second.
            #expect(Double(first + second) <= Double(burst) + time + 1, "\(first), \(second) in \(time) s")
        }
    }

    @Test func `a Redis that hangs holds a request for milliseconds, and nobody after it`() async throws {
        let redis = try await RedisServer()
        let log = LogLines()
        try await withGateway(settings: limited(by: redis, burst: 100_000), log: log) { gateway in
            try await waitUntilCounted(by: gateway, log)
            let before = try await figures(of: gateway)

            redis.hang()
            var times: [Duration] = []
            for _ in 0..<20 {
                let start = ContinuousClock.now
                let reply = try await gateway.get(Fixtures.active)
                times.append(start.duration(to: .now))
                #expect(reply.status == 200)
            }
            let during = try await figures(of: gateway)
            let isBack = try await isUsedAgain(by: gateway, log) { redis.goOn() }
            let after = try await figures(of: gateway)

            // 20 ms and what an answer takes. A busy machine may add to some, not to the most of them.
            #expect(times.sorted()[10] < .milliseconds(100), "\(times)")
            #expect(times.allSatisfy { $0 < .seconds(1) }, "\(times)")
            #expect(log.lines.contains { $0.contains("Redis cannot be asked") && $0.contains("no answer in time") })
            #expect([before, during, after].map { $0["gateway_redis_up"] } == [1, 0, 1])
            let missed = #"gateway_redis_requests_total{result="missed"}"#
            #expect(try #require(during[missed]) - (before[missed] ?? 0) >= 20)
            #expect(isBack)
        }
    }

    private func limited(by redis: RedisServer, rate: Int = 1, burst: Int) -> (inout Settings) -> Void {
        { settings in
            settings.tryOnce()
            settings.rateLimit.requestsPerSecond = rate
            settings.rateLimit.burst = burst
            settings.rateLimit.redis = redis.address
        }
    }

    /// Asks as a tenant that nothing else asks as.
    private func waitUntilCounted(by gateway: RunningGateway, _ log: LogLines) async throws {
        let isCounted = try await eventually {
            _ = try await gateway.get(Fixtures.otherTenant, key: gateway.otherTenantsKey)
            return log.lines.contains { $0.contains("Rates are counted in Redis.") }
        }
        try #require(isCounted)
    }

    /// Whether Redis is used after `returns`. On a busy machine it may have been late before, and used again.
    private func isUsedAgain(
        by gateway: RunningGateway, _ log: LogLines, as key: String? = nil, _ returns: () async throws -> Void
    ) async throws -> Bool {
        let times = { log.lines.count { $0.contains("Rates are counted in Redis.") } }
        let before = times()
        try await returns()
        return try await eventually(within: .seconds(20)) {
            _ = try await gateway.get(Fixtures.active, key: key ?? gateway.key)
            return times() > before
        }
    }

    private static func ask(_ gateway: RunningGateway, times: Int) async throws -> [Int] {
        let client = try Client(port: gateway.port)
        defer { client.close() }
        var statuses: [Int] = []
        for _ in 0..<times {
            try client.send(gateway.request(RunningGateway.path(Fixtures.active)))
            statuses.append(try await client.reply().status)
        }
        return statuses
    }
}
