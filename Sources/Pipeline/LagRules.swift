// When a loop lags: not when one pass was long, but when every pass is, as CoDel judges a queue (RFC 8289): what is long for
// a moment is a burst, what stays long is too much work.

/// Judges one loop by how long its passes take: whatever comes waits for the pass before. Times are the caller's.
package struct LagRules: Sendable {
    /// What may be longer for a moment, but not in all passes of an interval.
    private let target: Duration
    /// So many targets long. One pass that was held up, however long, is no overload.
    private static let interval = 4
    /// The first of the passes in a row that were too long ended then.
    private var since: ContinuousClock.Instant?
    package private(set) var isOver = false
    /// Whether the last passes were too long, be it for a moment.
    package var isLong: Bool { since != nil }

    package init(target: Duration) {
        self.target = target
    }

    /// A pass that took so long has ended.
    package mutating func passed(_ lag: Duration, at now: ContinuousClock.Instant) {
        // Once it is too much, half of it: else what is refused would come back at once, and be too much again.
        guard lag > (isOver ? target / 2 : target) else { return rested() }
        guard let since else { return self.since = now }
        if since.duration(to: now) >= target * Self.interval { isOver = true }
    }

    /// The loop had nothing to do: what had come before it was done.
    package mutating func rested() {
        since = nil
        isOver = false
    }
}
