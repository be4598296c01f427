// When an issuer's keys are fetched again, and for how long those at hand are good. Rules without a clock and without a
// network; Gateway/KeyFetcher.swift has both.

internal import Pipeline

/// The life of one issuer's keys.
package struct KeyRefresh: Sendable {
    /// Between two fetches when all is well.
    package static let period = Duration.seconds(300)
    /// For one fetch.
    package static let patience = Duration.seconds(2)
    /// Between two fetches because of a key id that the keys at hand do not have. Anybody can make up such ids.
    package static let pause = Duration.seconds(30)
    /// How long keys are good when the issuer cannot be reached.
    package static let oldest = Duration.seconds(24 * 3600)
    /// After one failed fetch.
    private static let backoff = Backoff(base: .seconds(1), cap: .seconds(60))

    /// When the next fetch is due, unless one is under way.
    package private(set) var due: ContinuousClock.Instant
    package private(set) var isFetching = false
    /// When the keys at hand were fetched, or found to be the issuer's still.
    package private(set) var fetched: ContinuousClock.Instant?
    private var began: ContinuousClock.Instant?
    /// When the last fetch that succeeded began: what the issuer published by then is at hand.
    package private(set) var asOf: ContinuousClock.Instant?
    /// Fetches that failed since.
    package private(set) var failures = 0
    /// From when on a key id that nobody knows may lead to a fetch.
    package private(set) var mayBeAsked: ContinuousClock.Instant

    /// The first fetch is due at once.
    package init(at now: ContinuousClock.Instant) {
        due = now
        mayBeAsked = now
    }

    /// The same life, led on by somebody else, who has no fetch under way: one that was is due again.
    package func takenOver(at now: ContinuousClock.Instant) -> KeyRefresh {
        var rules = self
        if rules.isFetching { (rules.isFetching, rules.due) = (false, now) }
        return rules
    }

    /// Whether a fetch begins now because its time has come.
    package mutating func begins(at now: ContinuousClock.Instant) -> Bool {
        guard !isFetching, now >= due else { return false }
        isFetching = true
        began = now
        return true
    }

    /// Whether a fetch begins now because a token names a key that is not at hand.
    package mutating func beginsForUnknownKey(at now: ContinuousClock.Instant) -> Bool {
        guard !isFetching, now >= mayBeAsked else { return false }
        mayBeAsked = now + Self.pause
        isFetching = true
        began = now
        return true
    }

    /// - Parameter luck: from 0 to 1; keeps many gateways from fetching at the same moment.
    package mutating func succeeded(at now: ContinuousClock.Instant, luck: Double) {
        isFetching = false
        fetched = now
        asOf = began
        failures = 0
        due = now + Self.period * (0.9 + 0.2 * luck)
    }

    /// - Parameter luck: as above.
    package mutating func failed(at now: ContinuousClock.Instant, luck: Double) {
        isFetching = false
        failures += 1
        due = now + Self.backoff.longest(before: failures) * (0.8 + 0.2 * luck)
    }

    /// Whether the keys at hand are good. False as well if there are none.
    package func isUsable(at now: ContinuousClock.Instant) -> Bool {
        fetched.map { now < $0 + Self.oldest } ?? false
    }

    /// When to look again: for a fetch, or because the keys at hand become too old.
    package func next(after now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        let end = fetched.map { $0 + Self.oldest }.flatMap { $0 > now ? $0 : nil }
        guard !isFetching else { return end }
        return end.map { min($0, due) } ?? due
    }
}
