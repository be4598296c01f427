// What is known about an issuer's keys, and where loops find it.

package import Configuration
internal import Pipeline
internal import Synchronization

/// Who makes tokens: an entry of `auth.jwt`, and what is known of its keys now. A loop keeps a copy of that and asks here
/// only when it is told that there is news.
package final class Issuer: Sendable {
    package let settings: JWTSettings
    private let state: Mutex<KnownKeys>

    package init(_ settings: JWTSettings, _ known: KnownKeys) {
        self.settings = settings
        state = Mutex(known)
    }

    /// On any thread.
    package var known: KnownKeys {
        get { state.withLock(\.self) }
        set { state.withLock { $0 = newValue } }
    }
}

/// The keys of one issuer at a moment, and what can be hoped for.
package struct KnownKeys: Sendable {
    /// Nil: none were ever had, or those that were are too old.
    package var set: KeySet?
    /// Whether a fetch is under way, so that it makes sense to wait.
    package var isFetching = false
    /// Whether the last fetch failed, so that a key that is not in the set may exist all the same.
    package var isDoubtful = false
    /// From when on a key id that is not in the set is worth a fetch. Nil: never, the keys are in a file.
    package var mayAsk: ContinuousClock.Instant?
    /// When the fetch began that brought the set, or that found it to be the issuer's still. Nil: the keys are in a file.
    package var asOf: ContinuousClock.Instant?
    /// When the last fetch that succeeded ended. Nil: none has, or the keys are in a file.
    package var fetched: ContinuousClock.Instant?
    /// When the next fetch is due.
    package var nextFetch: ContinuousClock.Instant?

    package init(set: KeySet? = nil) {
        self.set = set
    }
}

extension Failure {
    /// The gateway cannot tell whether a token is good.
    static func keysUnavailable(until next: ContinuousClock.Instant?, now: ContinuousClock.Instant)
        -> Failure
    {
        // To the second after: a client that comes back a moment too soon would have to come a third time.
        let wait = next.map { now.duration(to: $0) + .seconds(1) }
        return Failure(
            .noEndpoint, .upstream("issuer", part: nil),
            retryAfter: min(max(wait ?? .seconds(1), .seconds(1)), .seconds(60)),
            "the keys of the token's issuer cannot be had")
    }
}
