// From single calls to the limit of their upstream: each loop adds its calls up and hands them over ten times a second, and
// the rules judge by the calls of all loops together.

package import Pipeline
internal import Synchronization

/// The rules of one upstream, for all loops.
package final class AdaptiveLimit: Sendable {
    private let rules: Mutex<GradientRules>

    package init(most: Int) {
        rules = Mutex(GradientRules(most: most))
    }

    var limit: Int { rules.withLock(\.limit) }

    /// Returns the limit from now on, and what calls took lately.
    fileprivate func ended(_ batch: LimitWatch.Batch, at now: ContinuousClock.Instant) -> (limit: Int, mean: Duration) {
        rules.withLock {
            $0.ended(batch.calls, taking: batch.time, since: batch.first, inFlight: batch.inFlight, at: now)
            return ($0.limit, $0.mean)
        }
    }
}

/// What one loop saw of an upstream since it handed over last. On its thread only.
package final class LimitWatch {
    /// Calls that ended, and the most that were under way since the first of them did.
    fileprivate struct Batch {
        let first: ContinuousClock.Instant
        var calls = 0
        var time = Duration.zero
        var inFlight = 0
    }

    private let limit: AdaptiveLimit
    private let places: Places
    private let loop: any Timekeeper
    private var batch: Batch?
    private var handOver: ContinuousClock.Instant
    /// What calls took lately, at all loops.
    private var mean = Duration.zero

    /// Nil: the upstream's limit is a fixed one.
    package init?(of places: Places, on loop: any Timekeeper) {
        guard let limit = places.adaptive else { return nil }
        self.limit = limit
        self.places = places
        self.loop = loop
        handOver = loop.now + GradientRules.window
    }

    /// An attempt has ended, and has not yet given its place back.
    package func ended(_ attempt: Attempt) {
        switch attempt.verdict {
        case .succeeded: break
        // Refused at once, or answered 503: that it was quick says nothing. A timeout took long, and does.
        case .failed where mean > .zero && attempt.time > mean: break
        // Cancelled, or given too little time: nobody knows how long it would have taken.
        case .failed, .beaten, .untold: return
        }
        let now = loop.now
        var batch = batch ?? Batch(first: now)
        batch.calls += 1
        batch.time += attempt.time
        batch.inFlight = max(batch.inFlight, places.inventory.taken)
        // However few they are: other loops may have the rest.
        guard now >= handOver else { return self.batch = batch }
        self.batch = nil
        handOver = now + GradientRules.window
        let judged = limit.ended(batch, at: now)
        mean = judged.mean
        if judged.limit != places.limit { places.allow(judged.limit) }
    }
}
