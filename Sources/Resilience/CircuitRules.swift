// Whether an endpoint is asked at all: one that fails gets no calls for a while, then a few to try it.

package import Pipeline

/// Judges by how the recent calls ended. Times are the caller's.
package struct CircuitRules: Sendable {
    package struct Limits: Sendable {
        package var window: Duration
        /// Fewer calls in the window never open it.
        package var calls: Int
        /// The share of failed calls, from 0 to 1, at which it opens.
        package var failures: Double
        package var open: Duration
        package var openMax: Duration
        /// So many must succeed to close it.
        package var probes: Int

        package init(
            window: Duration, calls: Int, failures: Double, open: Duration, openMax: Duration, probes: Int
        ) {
            self.window = window
            self.calls = calls
            self.failures = failures
            self.open = open
            self.openMax = openMax
            self.probes = probes
        }
    }

    package enum State: Sendable {
        /// Calls pass and are counted. Becomes open when too many of the window's calls failed.
        case closed
        /// Calls are refused. Becomes half-open when a call comes at `until` or later.
        case open(until: ContinuousClock.Instant)
        /// A few probes are out. Becomes closed when all have succeeded, open (for longer) when one failed.
        case halfOpen(out: Int, succeeded: Int)
    }

    package enum Admission: Sendable, Equatable {
        /// The ticket is to be told with the call's end: 0, or the round of probes it belongs to.
        case admitted(ticket: Int)
        /// For so long at least.
        case refused(for: Duration)
    }

    private let limits: Limits
    package private(set) var state = State.closed
    private var recent: RecentCounts
    /// How often it opened since it was closed last.
    private var openings = 0
    /// Counts rounds of probes: what ends later than its round means nothing any more.
    private var round = 0
    /// Whose call was let through last as a probe.
    private var prober: ObjectIdentifier?

    package init(_ limits: Limits) {
        self.limits = limits
        recent = RecentCounts(window: limits.window)
    }

    package var isClosed: Bool { if case .closed = state { true } else { false } }

    /// Whether a call would be admitted, and if not, when to look again.
    ///
    /// Who has a probe out gets all its calls through: one that is refused would be the end of its request, which cancels the
    /// probe, and the circuit would never close.
    /// - Parameter asker: for whom the call is; nil: for nobody who has others.
    package func outlook(for asker: ObjectIdentifier? = nil, at now: ContinuousClock.Instant) -> Duration? {
        switch state {
        case .closed: nil
        case .open(let until): until <= now ? nil : now.duration(to: until)
        case .halfOpen(let out, let succeeded):
            out + succeeded < limits.probes || (asker != nil && asker == prober) ? nil : .seconds(1)
        }
    }

    package mutating func admits(_ asker: ObjectIdentifier? = nil, at now: ContinuousClock.Instant) -> Admission {
        if let wait = outlook(for: asker, at: now) { return .refused(for: wait) }
        switch state {
        case .closed:
            return .admitted(ticket: 0)
        case .open:
            round += 1
            state = .halfOpen(out: 1, succeeded: 0)
        case .halfOpen(let out, let succeeded):
            state = .halfOpen(out: out + 1, succeeded: succeeded)
        }
        prober = asker
        return .admitted(ticket: round)
    }

    /// So many calls succeeded that were no probes.
    package mutating func succeeded(_ count: Int, at now: ContinuousClock.Instant) {
        if isClosed, count > 0 { recent.add(count, at: now) }
    }

    /// A call ended. Jitter comes from `random`, so that gateways do not probe at once.
    package mutating func ended(
        _ verdict: Attempt.Verdict, ticket: Int, at now: ContinuousClock.Instant,
        using random: inout some RandomNumberGenerator
    ) {
        switch state {
        case .closed:
            // Being slower than another is no failure, unless it is all that an endpoint does: that is for ejection to judge.
            guard ticket == 0, verdict == .succeeded || verdict == .failed else { return }
            recent.add(1, marked: verdict == .failed ? 1 : 0, at: now)
            let (calls, failures) = recent.totals(at: now)
            if calls >= limits.calls, Double(failures) >= limits.failures * Double(calls) { open(at: now, &random) }
        case .open:
            // It began before.
            break
        case .halfOpen(let out, let succeeded):
            guard ticket == round else { return }
            switch verdict {
            // A probe that another had to stand in for has not shown that its endpoint answers.
            case .failed, .beaten: open(at: now, &random)
            case .untold: state = .halfOpen(out: out - 1, succeeded: succeeded)
            case .succeeded where succeeded + 1 < limits.probes:
                state = .halfOpen(out: out - 1, succeeded: succeeded + 1)
            case .succeeded:
                state = .closed
                openings = 0
            }
        }
    }

    private mutating func open(at now: ContinuousClock.Instant, _ random: inout some RandomNumberGenerator) {
        let time = Backoff(base: limits.open, cap: limits.openMax).longest(before: openings + 1)
        openings += 1
        state = .open(until: now + time * Double.random(in: 0.9..<1, using: &random))
        // What led here must not open it again.
        recent = RecentCounts(window: limits.window)
    }
}
