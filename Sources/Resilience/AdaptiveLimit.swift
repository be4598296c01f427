// From single calls to the limit of their upstream: each loop adds its calls up, and tells the rules about ten times a second.

package import Pipeline
internal import Synchronization

/// The rules of one upstream, for all loops.
package final class AdaptiveLimit: Sendable {
    private let rules: Mutex<GradientRules>

    package init(most: Int) {
        rules = Mutex(GradientRules(most: most))
    }

    var limit: Int { rules.withLock(\.limit) }

    /// Returns the limit from now on.
    fileprivate func saw(_ time: Duration, inFlight: Int, at now: ContinuousClock.Instant) -> Int {
        rules.withLock {
            $0.saw(time, inFlight: inFlight, at: now)
            return $0.limit
        }
    }
}

/// What one loop saw of an upstream since it told last. On its thread only.
package final class LimitWatch {
    private let limit: AdaptiveLimit
    private let places: Places
    private let loop: any Timekeeper
    private var began: ContinuousClock.Instant
    private var calls = 0
    private var time = Duration.zero
    private var inFlight = 0
    /// The mean of the last window.
    private var lastMean = Duration.zero

    /// Nil: the upstream's limit is a fixed one.
    package init?(of places: Places, on loop: any Timekeeper) {
        guard let limit = places.adaptive else { return nil }
        self.limit = limit
        self.places = places
        self.loop = loop
        began = loop.now
    }

    /// An attempt has ended, and has not yet given its place back.
    package func ended(_ attempt: Attempt) {
        inFlight = max(inFlight, places.inventory.taken)
        switch attempt.verdict {
        case .succeeded: break
        // Refused at once, or answered 503: that it was quick says nothing. A timeout took long, and does.
        case .failed where lastMean > .zero && attempt.time > lastMean: break
        // Cancelled, or given too little time: nobody knows how long it would have taken.
        case .failed, .untold: return
        }
        calls += 1
        time += attempt.time
        guard calls >= GradientRules.leastCalls, loop.now >= began + GradientRules.window else { return }
        lastMean = time / calls
        places.allow(limit.saw(lastMean, inFlight: inFlight, at: loop.now))
        (began, calls, time, inFlight) = (loop.now, 0, .zero, 0)
    }
}
