// The layer that stands between a tenant and more than its rate.

import Configuration
import Logging
import Pipeline
import Testing

@testable import Identity

@Suite struct RateLimitTests {
    private let start = ContinuousClock.now
    private let memory = RateLimit.Memory()

    @Test func `is not there when it is off`() {
        var settings = RateLimitSettings()
        settings.isOff = true

        #expect(limit(settings) == nil)
    }

    @Test func `lets each tenant's requests through up to its burst`() async throws {
        let layer = try #require(limit(settings(perSecond: 1, burst: 2)))

        let statuses = await ["a", "a", "a", "b"].asyncMap { await status(layer, $0) }

        #expect(statuses == [200, 200, 429, 200])
        #expect(memory.refused == 1)
    }

    @Test func `counts all credentials of a tenant together`() async throws {
        let layer = try #require(limit(settings(perSecond: 1, burst: 1)))

        let first = await status(layer, "a", credential: "k1")
        let second = await status(layer, "a", credential: "k2")

        #expect([first, second] == [200, 429])
    }

    @Test func `has other numbers for some`() async throws {
        var settings = settings(perSecond: 1, burst: 1)
        settings.tenants["b"] = .init(requestsPerSecond: 1, burst: 3)
        let layer = try #require(limit(settings))

        let statuses = await ["a", "a", "b", "b", "b", "b"].asyncMap { await status(layer, $0) }

        #expect(statuses == [200, 429, 200, 200, 200, 429])
    }

    @Test func `says how much may be asked, and when again`() async throws {
        let layer = try #require(limit(settings(perSecond: 4, burst: 1)))
        _ = await status(layer, "a")

        do {
            _ = try await layer.answer(request("a", at: start), next: Fine())
            Issue.record("It was let through.")
        } catch {
            #expect(error.kind == .rateLimited)
            #expect(error.quota == 1)
            #expect(error.retryAfter == .milliseconds(250))
            #expect(!error.reason.contains("a's"))
        }
    }

    @Test func `goes on with the same buckets by other numbers, though it was off between`() async throws {
        let old = try #require(limit(settings(perSecond: 1, burst: 2)))
        let before = await ["a", "a"].asyncMap { await status(old, $0) }
        var off = RateLimitSettings()
        off.isOff = true
        _ = limit(off)
        let new = try #require(limit(settings(perSecond: 1, burst: 3)))

        let after = await ["a", "a"].asyncMap { await status(new, $0) }

        #expect(before == [200, 200])
        #expect(after == [200, 429])
        #expect(memory.refused == 1)
    }

    @Test func `is the gateway's own fault to reach without a principal`() async throws {
        let layer = try #require(limit(RateLimitSettings()))
        var request = request("a", at: start)
        request.principal = nil

        await #expect { try await layer.answer(request, next: Fine()) } throws: {
            ($0 as? Failure)?.kind == .internalError
        }
    }

    private func limit(_ settings: RateLimitSettings) -> RateLimit? {
        RateLimit(settings, memory, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func settings(perSecond: Int, burst: Int) -> RateLimitSettings {
        var settings = RateLimitSettings()
        settings.requestsPerSecond = perSecond
        settings.burst = burst
        return settings
    }

    private func status(_ layer: RateLimit, _ tenant: String, credential: String = "k") async -> Int {
        do {
            return try await layer.answer(request(tenant, credential, at: start), next: Fine()).status
        } catch {
            return error.kind == .rateLimited ? 429 : 500
        }
    }

    private func request(_ tenant: String, _ credential: String = "k", at now: ContinuousClock.Instant) -> Request {
        var request = Request(method: .get, path: "/", client: "192.0.2.7", id: "r-1", arrived: now, completed: now)
        request.principal = Principal(tenant: tenant, scopes: [], workspace: nil, credential: credential)
        return request
    }
}

private struct Fine: Service {
    func answer(_ request: Request) async throws(Failure) -> Response { Response(status: 200) }
}

extension Sequence {
    fileprivate func asyncMap<Result>(_ transform: (Element) async -> Result) async -> [Result] {
        var results: [Result] = []
        for element in self { results.append(await transform(element)) }
        return results
    }
}
