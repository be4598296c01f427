// One limit for several gateways, and what becomes of it without the Redis that holds it.

import Configuration
import StubUpstreams
import Support
import Testing

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
            try await redis.start()
            let isBack = try await eventually(within: .seconds(20)) {
                _ = try await gateway.get(Fixtures.active)
                return log.lines.count { $0.contains("Rates are counted in Redis.") } == 2
            }

            #expect(statuses.count == 480)
            #expect(statuses.allSatisfy { $0 == 200 })
            #expect(isNoted)
            #expect(without.status == 200)
            #expect(isBack)
        }
    }

    private func limited(by redis: RedisServer, burst: Int) -> (inout Settings) -> Void {
        { settings in
            settings.tryOnce()
            settings.rateLimit.requestsPerSecond = 1
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
