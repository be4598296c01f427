// The layer that lets each tenant ask so much and no more.

package import Configuration
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

    /// Nil: no tenant is limited, and no request needs to pass here.
    /// - Parameter old: what limited tenants so far. Its buckets stay as full as they are.
    package init?(_ settings: RateLimitSettings, after old: RateLimit? = nil) {
        guard !settings.isOff else { return nil }
        usual = Rate(perSecond: settings.requestsPerSecond, burst: settings.burst)
        buckets = old?.buckets ?? Buckets(most: Self.tenants)
        tally = old?.tally ?? Tally()
        overrides = settings.tenants.mapValues { Rate(perSecond: $0.requestsPerSecond, burst: $0.burst) }
    }

    /// Requests that were refused since the start.
    package var refused: Int { tally.refused.load(ordering: .relaxed) }

    package func answer(
        _ request: Request, next: any Service<Request, Response>
    ) async throws(Failure) -> Response {
        guard let tenant = request.principal?.tenant else {
            throw Failure(.internalError, .gateway, "A request came to its tenant's rate without being authenticated.")
        }
        let rate = rate(of: tenant)
        // When it was complete, not now: reading a clock once more would cost more than the bucket.
        if let wait = buckets.take(tenant, rate, at: request.completed) {
            tally.refused.wrappingAdd(1, ordering: .relaxed)
            throw Self.refusal(rate, wait)
        }
        return try await next.answer(request)
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
