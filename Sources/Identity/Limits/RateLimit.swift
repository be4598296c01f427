// The layer that lets each tenant ask so much and no more.

package import Configuration
package import Logging
package import Pipeline
internal import Synchronization

/// `rateLimit`: one bucket for each tenant, whichever of its credentials asks. One for the whole process.
package struct RateLimit: Layer {
    /// Tenants that are remembered. A bucket takes about 200 bytes.
    static let tenants = 65_536

    /// What each tenant has asked lately, and what became of it. One for the process: to switch the limit off and on again, or
    /// to change it, gives nobody a full bucket, and no counter goes back.
    package final class Memory: Sendable {
        fileprivate let buckets = Buckets<String>(most: tenants)
        fileprivate let tally = Atomic<Int>(0)
        /// What came of asking Redis, whichever it was.
        package let redis = RedisTally()

        package init() {}

        /// Requests that were refused since the start.
        package var refused: Int { tally.load(ordering: .relaxed) }
    }

    private let usual: Rate
    private let overrides: [String: Rate]
    private let memory: Memory
    /// Holds the buckets of several gateways; nil: this one counts alone.
    private let redis: RedisBuckets?

    /// Nil: no tenant is limited, and no request needs to pass here.
    /// - Parameters:
    ///   - old: what limited tenants so far. Its connection to Redis stays open.
    ///   - logger: is told when Redis comes and goes.
    package init?(_ settings: RateLimitSettings, _ memory: Memory, after old: RateLimit? = nil, logger: Logger) {
        guard !settings.isOff else { return nil }
        usual = Rate(perSecond: settings.requestsPerSecond, burst: settings.burst)
        self.memory = memory
        let known = old?.redis.flatMap { $0.address == settings.redis ? $0 : nil }
        redis = known ?? settings.redis.flatMap { RedisBuckets($0, memory.redis, logger) }
        overrides = settings.tenants.mapValues { Rate(perSecond: $0.requestsPerSecond, burst: $0.burst) }
    }

    /// Whether rates are counted in Redis, as far as is known. Nil: there is none.
    package var isRedisUp: Bool? { redis?.isUp }

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
            wait = memory.buckets.take(tenant, rate, at: request.completed)
        }
        if let wait {
            memory.tally.wrappingAdd(1, ordering: .relaxed)
            throw Self.refusal(rate, wait)
        }
        return try await next.answer(request)
    }

    /// What Redis says, or the bucket here where it says nothing. What it grants must be had here, too: so a tenant has no second
    /// burst when Redis goes, nor when it comes back and has forgotten the first. The bucket here knows of some of what Redis
    /// has granted and of nothing else, so while Redis is there it has as much at least.
    private func shared(
        _ redis: RedisBuckets, _ tenant: String, _ rate: Rate, at now: ContinuousClock.Instant
    ) async -> Duration? {
        switch await redis.take(tenant, rate) {
        case .refused(let wait)?: return wait
        case .granted?, nil: return memory.buckets.take(tenant, rate, at: now)
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
