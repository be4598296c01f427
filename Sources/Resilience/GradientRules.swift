// How many calls an upstream can bear, found out by how long they take: as long as that does not grow, it gets more.
//
// The rule is the gradient of Netflix's concurrency-limits: the limit is multiplied by the ratio of the usual time to the
// present one, plus a small queue. It cannot tell an upstream that is kept too busy from one that has become slow by itself.
// So an experiment decides, as in Envoy's filter: once calls have taken unusually long for a while, the limit is lowered to a
// quarter for a moment. If calls then are quicker, it was the load; if not, no limit would make the upstream faster.
//
// Each limit is judged only by calls that ended a call's time after it was set: those began under it.

/// The limit of one upstream, for all loops together. Times are the caller's.
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
    private static let smoothing = 0.5
    /// After so many windows in which calls took no longer than usual the limit grows by half at once.
    private static let calm = 5
    /// What is quicker is not told from this: it is the gateway's own pace that is measured there.
    private static let noise = 0.003
    /// For so long calls must have taken too long before the experiment is made, and so long after one that showed load or
    /// nothing. It is given up after `longest`, or four times what calls took before: then too few were made to tell.
    private static let (patience, pause, longest) = (Duration.seconds(2), Duration.seconds(10), Duration.seconds(5))

    /// Calls that ended since the last window.
    private struct Sums {
        /// When the first of them ended.
        var began: ContinuousClock.Instant?
        var calls = 0
        var time = Duration.zero
        /// The most at once.
        var inFlight = 0
    }

    private struct Experiment {
        let end: ContinuousClock.Instant
        /// What calls took before, in seconds, and the limit.
        let before: Double
        let limitBefore: Double
        /// The limit when they began to take too long.
        let limitAtFirst: Double
    }

    /// What configuration allows.
    private let most: Double
    private let least: Double
    private var exact: Double
    private var sums = Sums()
    /// What ended before says nothing of the limit as it is now.
    private var countsFrom: ContinuousClock.Instant?
    /// In seconds; nil: nothing is known.
    private var usual: Double?
    private var crowded: (since: ContinuousClock.Instant, limit: Double)?
    private var calmWindows = Self.calm
    private var experiment: Experiment?
    private var mayTry: ContinuousClock.Instant?

    /// What calls took in the last window; zero: there was none.
    package private(set) var mean = Duration.zero

    package init(most: Int) {
        self.most = Double(most)
        least = Double(min(Self.least, most))
        exact = min(self.most, Self.first)
    }

    package var limit: Int { Int(exact) }

    /// Calls have ended, at any of the loops.
    /// - Parameters:
    ///   - calls: how many.
    ///   - time: what they took together.
    ///   - first: when the first of them ended.
    ///   - inFlight: the most that were under way since then.
    package mutating func ended(
        _ calls: Int, taking time: Duration, since first: ContinuousClock.Instant, inFlight: Int,
        at now: ContinuousClock.Instant
    ) {
        if let experiment, now >= experiment.end { giveUp(experiment, at: now) }
        if let countsFrom, first < countsFrom { return }
        sums.began = min(sums.began ?? first, first)
        sums.calls += calls
        sums.time += time
        sums.inFlight = max(sums.inFlight, inFlight)
        guard sums.calls >= Self.leastCalls, let began = sums.began, now >= began + Self.window else { return }
        mean = sums.time / sums.calls
        judge(max(mean / .seconds(1), Self.noise), inFlight: sums.inFlight, at: now)
        sums = Sums()
    }

    /// - Parameter present: the mean of a window, in seconds.
    private mutating func judge(_ present: Double, inFlight: Int, at now: ContinuousClock.Instant) {
        guard let usual else { return self.usual = present }
        if let experiment { return end(experiment, present, usual, at: now) }
        let gradient = max(0.5, min(1, Self.tolerance * usual / present))
        if gradient == 1 {
            crowded = nil
            calmWindows += 1
            // A quicker one is believed sooner: that is no load, whatever it is.
            self.usual = usual + (present - usual) * (present < usual ? 0.05 : 1.0 / 600)
        } else {
            crowded = crowded ?? (now, exact)
            calmWindows = 0
        }
        // Who does not use the half of it learns nothing of the whole.
        guard Double(inFlight) >= exact / 2 else { return }
        if let crowded, now >= crowded.since + Self.patience, mayTry.map({ now >= $0 }) ?? true {
            let end = now + max(Self.longest, .seconds(4 * present))
            experiment = Experiment(end: end, before: present, limitBefore: exact, limitAtFirst: crowded.limit)
            // After one call's time all those have ended that were too many, after another those that met them.
            set(exact / 4, settlingFor: 2 * present, at: now)
        } else if calmWindows >= Self.calm {
            set(exact * 1.5 + exact.squareRoot(), settlingFor: present, at: now)
        } else {
            let wanted = exact * gradient + exact.squareRoot()
            set(exact + (wanted - exact) * Self.smoothing, settlingFor: present, at: now)
        }
    }

    private mutating func end(
        _ experiment: Experiment, _ present: Double, _ usual: Double, at now: ContinuousClock.Instant
    ) {
        self.experiment = nil
        crowded = nil
        if present > 0.8 * experiment.before {
            self.usual = present
            calmWindows = Self.calm
            set(max(experiment.limitBefore, experiment.limitAtFirst), settlingFor: present, at: now)
        } else {
            self.usual = min(usual, present)
            mayTry = now + Self.pause
            set(experiment.limitBefore, settlingFor: present, at: now)
        }
    }

    /// Too few calls were made to tell: then the limit held nobody up, and need not.
    private mutating func giveUp(_ experiment: Experiment, at now: ContinuousClock.Instant) {
        self.experiment = nil
        crowded = nil
        mayTry = now + Self.pause
        set(max(experiment.limitBefore, experiment.limitAtFirst), settlingFor: 0, at: now)
    }

    private mutating func set(_ wanted: Double, settlingFor seconds: Double, at now: ContinuousClock.Instant) {
        let before = limit
        exact = max(least, min(most, wanted))
        guard limit != before else { return }
        countsFrom = now + .seconds(seconds)
        sums = Sums()
    }
}
