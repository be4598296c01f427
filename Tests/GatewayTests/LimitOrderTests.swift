// In which order the limits of a tenant stand: whoever waits for Redis is counted as his tenant's while he does.

import Configuration
import Identity
import Logging
import Pipeline
import Testing

@testable import Gateway

@Suite struct LimitOrderTests {
    @Test func `a tenant that has its share of a full gateway is refused before its rate is asked for`() async throws {
        let key = NewKey(environment: .test, id: "a", tenantId: "tenant", scopes: [])
        let inFlight = InFlight(most: 1)
        let service = try service(key, inFlight)
        // What the gateway is full of is the tenant's.
        let lane = Lanes.lane(of: "tenant")
        let isTaken = inFlight.enter() && inFlight.enter(lane)

        let full = try await service.answer(request(key))
        inFlight.leave()
        inFlight.leave(lane)
        let then = try await service.answer(request(key))
        let more = try await service.answer(request(key))

        #expect(isTaken)
        #expect(full.status == 503)
        // It took no token; there is one. Then there is none.
        #expect(then.status == 404)
        #expect(more.status == 429)
        #expect(inFlight.current == 0)
    }

    private func service(_ key: NewKey, _ inFlight: InFlight) throws -> any Service<Request, Response> {
        var limit = RateLimitSettings()
        limit.requestsPerSecond = 1
        limit.burst = 1
        var auth = AuthSettings()
        auth.environment = .test
        let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return downstream(
            to: Routes(routes: []),
            observation: Observation(
                log: nil, traces: nil, random: Confined(SharedRandom()), traceSample: 0, serverTiming: false),
            crossOrigin: nil, inFlight: inFlight, failedCredentials: nil,
            authentication: Authentication(try APIKeys.read("keys:\n" + key.record.yaml, file: "keys.yaml"), auth),
            rateLimit: RateLimit(limit, RateLimit.Memory(), logger: silent), leaving: Leaving(), security: Unwatched(),
            logger: silent)
    }

    /// All at one time, so that no token comes back.
    private let now = ContinuousClock.now

    private func request(_ key: NewKey) -> Request {
        var request = Request(
            method: .get, path: "/nowhere", client: "192.0.2.1", id: "r-1", arrived: now, completed: now)
        request.authorization = "Bearer \(key.text)"
        return request
    }
}

private struct Unwatched: SecurityWatch {
    func note(_ event: SecurityEvent) {}
}
