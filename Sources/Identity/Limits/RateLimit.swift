// The layer that lets each tenant ask so much and no more.

package import Configuration
package import Logging
package import Pipeline
internal import Synchronization

/// `rateLimit`: one bucket for each tenant, whichever of its credentials asks. One for the whole process.
package struct RateLimit: Layer {
    /// Tenants that are remembered. A bucket takes about 200 bytes.
    static let tenants = 65_536

    private final class Tally: Sendable {
        let refused = Atomic<Int>(0)
    }

    private let usual: Rate
    private let overrides: [String: Rate]
    private let buckets: Buckets<String>
    private let tally: Tally
    /// Holds the buckets of several gateways; nil: this one counts alone.
    private let redis: RedisBuckets?

    /// Nil: no tenant is limited, and no request needs to pass here.
    /// - Parameters:
    ///   - old: what limited tenants so far. Its buckets stay as full as they are, and its connection to Redis stays open.
    ///   - logger: is told when Redis comes and goes.
    package init?(_ settings: RateLimitSettings, after old: RateLimit? = nil, logger: Logger) {
        guard !settings.isOff else { return nil }
        usual = Rate(perSecond: settings.requestsPerSecond, burst: settings.burst)
        buckets = old?.buckets ?? Buckets(most: Self.tenants)
        tally = old?.tally ?? Tally()
        let known = old?.redis.flatMap { $0.address == settings.redis ? $0 : nil }
        redis = known ?? settings.redis.flatMap { RedisBuckets($0, logger) }
        overrides = settings.tenants.mapValues { Rate(perSecond: $0.requestsPerSecond, burst: $0.burst) }
    }

    /// Requests that were refused since the start.
    package var refused: Int { tally.refused.load(ordering: .relaxed) }

    /// Requests that Redis decided about, and those that it should have and did not: it was away, or too slow. Nil: there is
    /// none.
    package var redisCounts: (decided: Int, missed: Int)? { redis?.counts }

    package func answer(
        _ request: Request, next: any Service<Request, Response>
    ) async throws(Failure) -> Response {
        guard let tenant = request.principal?.tenant else {
            throw Failure(.internalError, .gateway, "A request came to its tenant's rate without being authenticated.")
        }
        let rate = rate(of: tenant)
        let wait: Duration?
        if let redis {
            wait = await shared(redis, tenant, rate, at: request.completed)
        } else {
            // When it was complete, not now: reading a clock once more would cost more than the bucket.
            wait = buckets.take(tenant, rate, at: request.completed)
        }
        if let wait {
            tally.refused.wrappingAdd(1, ordering: .relaxed)
            throw Self.refusal(rate, wait)
        }
        return try await next.answer(request)
    }

    /// What Redis says, or the bucket here where it says nothing. What it grants is taken here, too: so a tenant has no second
    /// burst when Redis goes.
    private func shared(
        _ redis: RedisBuckets, _ tenant: String, _ rate: Rate, at now: ContinuousClock.Instant
    ) async -> Duration? {
        switch await redis.take(tenant, rate) {
        case .granted?:
            _ = buckets.spend(tenant, rate, at: now)
            return nil
        case .refused(let wait)?: return wait
        case nil: return buckets.take(tenant, rate, at: now)
        }
    }

    private func rate(of tenant: String) -> Rate {
        overrides.isEmpty ? usual : overrides[tenant] ?? usual
    }

    static func refusal(_ rate: Rate, _ wait: Duration) -> Failure {
        Failure(
            .rateLimited, .downstream, retryAfter: wait, quota: rate.burst,
            "the tenant asks for more than its rate, and has used up its burst of \(rate.burst)")
    }
}
