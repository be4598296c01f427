// A tenant that asks too much is told so, and nobody else notices.

import Configuration
import StubUpstreams
import Support
import Testing

@Suite struct RateLimitJourneyTests {
    @Test func `answers 429 to a tenant over its rate, with when to come again`() async throws {
        try await withGateway(
            settings: { settings in
                settings.tryOnce()
                // One an hour would be too slow to be configured; one a second is slower than this test.
                settings.rateLimit.requestsPerSecond = 1
                settings.rateLimit.burst = 3
                settings.rateLimit.tenants[Fixtures.tenantB] = .init(requestsPerSecond: 1, burst: 1000)
            },
            { gateway in
                let client = try Client(port: gateway.port)
                try client.send(
                    String(repeating: gateway.request(RunningGateway.path(Fixtures.active)), count: 20))
                var replies: [HTTPReply] = []
                for _ in 0..<20 { replies.append(try await client.reply()) }
                let others = try await gateway.get(Fixtures.otherTenant, key: gateway.otherTenantsKey)

                let refused = replies.filter { $0.status == 429 }
                #expect(replies.prefix(3).allSatisfy { $0.status == 200 })
                // A token or two may have come back in the meantime.
                #expect(refused.count >= 10)
                for reply in refused {
                    expectError(reply, status: 429, "Too many requests")
                    #expect(reply["Retry-After"] == "1")
                    #expect(reply["RateLimit-Limit"] == "3")
                    #expect(reply["RateLimit-Remaining"] == "0")
                    #expect(reply["RateLimit-Reset"] == "1")
                    #expect(!reply.has("Proxy-Status"))
                }
                #expect(!replies[0].has("RateLimit-Limit"))
                #expect(others.status == 200)
                client.close()
            })
    }

    @Test func `counts a tenant's keys together, and strangers not at all`() async throws {
        try await withGateway(
            settings: { settings in
                settings.tryOnce()
                settings.rateLimit.requestsPerSecond = 1
                settings.rateLimit.burst = 1
            },
            { gateway in
                for _ in 0..<5 {
                    let stranger = try await gateway.get(Fixtures.active, key: "nobody")
                    expectError(stranger, status: 401)
                }
                let first = try await gateway.get(Fixtures.active)
                let second = try await gateway.get(Fixtures.active, key: gateway.workspaceKey)
                let third = try await gateway.get(Fixtures.active, key: gateway.scopelessKey)

                #expect(first.status == 200)
                #expect([second.status, third.status].contains(429))
            })
    }

    @Test func `limits nobody when it is off`() async throws {
        try await withGateway(
            settings: { settings in
                settings.tryOnce()
                settings.rateLimit.isOff = true
                settings.rateLimit.burst = 1
            },
            { gateway in
                for _ in 0..<5 {
                    let reply = try await gateway.get(Fixtures.active)
                    #expect(reply.status == 200)
                }
            })
    }
}
