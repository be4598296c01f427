// What keeps calls from an endpoint and will not pass by itself: a certificate, a name. Operators read of it in the process log,
// where it would drown in lines if each call told of it.

internal import Configuration
internal import Logging
internal import Pipeline
internal import Synchronization

/// Tells the process log what is amiss with one upstream's endpoints. From any thread.
final class Troubles: Sendable {
    private let upstream: String
    private let addresses: [String]
    private let logger: Logger
    private let rules = Mutex(TroubleRules())

    init(of upstream: UpstreamSettings, _ logger: Logger) {
        self.upstream = upstream.name
        addresses = upstream.endpoints.map(\.description)
        self.logger = logger
    }

    func note(_ trouble: Trouble, at endpoint: Int) {
        guard rules.withLock({ $0.mayTell(trouble.reason, of: endpoint, at: .now) }) else { return }
        logger.warning(
            "An upstream's endpoint cannot be called.",
            metadata: [
                "upstream": "\(upstream)", "endpoint": "\(addresses[endpoint])", "reason": "\(trouble.reason)",
                "libcurl": "\(trouble.complaint)",
            ])
    }
}

/// Says when to tell of a trouble: when it begins, and each minute while it lasts. Times are the caller's.
struct TroubleRules {
    private static let pause = Duration.seconds(60)

    private struct Trouble: Hashable {
        let endpoint: Int
        // One of a few dozen sentences, so there are as many troubles at most for each endpoint.
        let reason: String
    }

    private var told: [Trouble: ContinuousClock.Instant] = [:]

    mutating func mayTell(_ reason: String, of endpoint: Int, at now: ContinuousClock.Instant) -> Bool {
        let trouble = Trouble(endpoint: endpoint, reason: reason)
        if let last = told[trouble], now < last + Self.pause { return false }
        told[trouble] = now
        return true
    }
}
