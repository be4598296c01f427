// How many calls an upstream can bear, found out by how long they take: as long as that does not grow, it gets more.
//
// The rule is Gradient2 of Netflix's concurrency-limits: the limit is multiplied by the ratio of the usual time to the present
// one, plus a small queue, smoothed. Gradient2 lets the usual time follow the present one slowly, so an upstream that is kept
// too busy for minutes is taken for one that has always been so slow. Here an experiment decides instead: while calls take
// unusually long the limit is lowered to a quarter for a moment. If they then are quicker, it was the load; if not, the
// upstream is as slow as that by itself, and no limit would make it faster.

/// The limit of one upstream. Times are the caller's.
package struct GradientRules: Sendable {
    /// Calls are judged by the mean of those that ended within so much time, and of so many at least.
    package static let window = Duration.milliseconds(100)
    package static let leastCalls = 10
    /// No fewer calls at once: so many find out nothing about load.
    package static let least = 8
    /// Where it begins, if that many are allowed.
    private static let first = 16.0
    /// Calls may take so many times as long as usual before the limit falls.
    private static let tolerance = 1.5
    /// How much of a new limit is taken over at once.
    private static let smoothing = 0.2
    /// What is quicker is not told from this: it is the gateway's own pace that is measured there.
    private static let noise = 0.003
    /// For so long calls must have taken too long before the experiment is made; so long after the last one; and it is given
    /// up when it takes longer than the last.
    private static let (patience, pause, longest) = (Duration.seconds(2), Duration.seconds(10), Duration.seconds(5))

    private struct Experiment {
        let began: ContinuousClock.Instant
        /// What calls took before, in seconds.
        let before: Double
        let limitBefore: Double
        /// From then on calls that end were begun under the lower limit.
        var counts: ContinuousClock.Instant?
    }

    /// What configuration allows.
    private let most: Double
    private let least: Double
    private var exact: Double
    /// In seconds; nil: nothing is known.
    private var usual: Double?
    private var crowdedSince: ContinuousClock.Instant?
    private var wasCrowded = false
    private var experiment: Experiment?
    private var mayTry: ContinuousClock.Instant?

    package init(most: Int) {
        self.most = Double(most)
        least = Double(min(Self.least, most))
        exact = min(self.most, Self.first)
    }

    package var limit: Int { Int(exact) }

    /// A window is over.
    /// - Parameters:
    ///   - time: the mean of its calls.
    ///   - inFlight: the most at once.
    package mutating func saw(_ time: Duration, inFlight: Int, at now: ContinuousClock.Instant) {
        let present = max(time / .seconds(1), Self.noise)
        guard let usual else { return self.usual = present }
        if let experiment { return go(on: experiment, present, usual, inFlight, at: now) }
        let gradient = max(0.5, min(1, Self.tolerance * usual / present))
        if gradient == 1 {
            crowdedSince = nil
            // A quicker one is believed sooner: that is no load, whatever it is.
            self.usual = usual + (present - usual) * (present < usual ? 0.05 : 1.0 / 600)
        } else {
            wasCrowded = true
            crowdedSince = crowdedSince ?? now
        }
        // Who does not use the half of it learns nothing of the whole.
        guard Double(inFlight) >= exact / 2 else { return }
        if let crowdedSince, now >= crowdedSince + Self.patience, mayTry.map({ now >= $0 }) ?? true {
            mayTry = now + Self.pause
            experiment = Experiment(began: now, before: present, limitBefore: exact)
            exact = max(least, exact / 4)
        } else {
            // In great steps until it was too much for the first time.
            let wanted = exact * (wasCrowded ? gradient : 1.5) + exact.squareRoot()
            exact = max(least, min(most, exact * (1 - Self.smoothing) + wanted * Self.smoothing))
        }
    }

    private mutating func go(
        on running: Experiment, _ present: Double, _ usual: Double, _ inFlight: Int, at now: ContinuousClock.Instant
    ) {
        guard now < running.began + Self.longest else { return end(running) }
        guard let counts = running.counts else {
            if inFlight <= limit { experiment?.counts = now + .seconds(running.before) }
            return
        }
        guard now >= counts else { return }
        let isSlowByItself = present > 0.8 * running.before
        self.usual = isSlowByItself ? running.before : min(usual, present)
        end(running)
    }

    private mutating func end(_ running: Experiment) {
        exact = running.limitBefore
        experiment = nil
        crowdedSince = nil
    }
}
