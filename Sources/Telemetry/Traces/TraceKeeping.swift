// Which of the requests that have ended are told to the collector. What was decided when they began holds; what turned out
// to be worth knowing is kept all the same, as far as that is no flood.

package import Pipeline

/// The rules of one loop.
package struct TraceKeeping {
    /// What becomes of a request's spans.
    package enum Verdict: Sendable, Equatable {
        case kept
        /// It was not chosen, and nothing about it is strange.
        case left
        /// There were too many of its kind.
        case tooMany
    }

    /// Of requests that clients have chosen, and of those that failed or took long: when all do, making spans of all would make
    /// a bad hour worse, and a hundred a second show what is wrong. Each kind has its own: no client hides a failure.
    package static let rate = Rate(perSecond: 100, burst: 200)

    /// From which share of its route's time on a request is slow.
    private let slow: Double
    private var chosen: TokenBucket
    private var strange: TokenBucket

    package init(slow: Double, at now: ContinuousClock.Instant) {
        self.slow = slow
        chosen = TokenBucket(at: now)
        strange = TokenBucket(at: now)
    }

    /// - Parameter status: what the client got; nil: it had left.
    package mutating func verdict(
        on record: RequestRecord, status: Int?, took: Duration, at now: ContinuousClock.Instant
    ) -> Verdict {
        // The operator chose the share, so there is no other bound to it.
        if record.trace.isSampled, record.trace.parent == 0 { return .kept }
        if (status ?? 0) >= 500 || isSlow(record, took) {
            return strange.take(Self.rate, at: now) == nil ? .kept : .tooMany
        }
        guard record.trace.isSampled else { return .left }
        return chosen.take(Self.rate, at: now) == nil ? .kept : .tooMany
    }

    private func isSlow(_ record: RequestRecord, _ took: Duration) -> Bool {
        guard let allowed = record.allowed else { return false }
        return Double(took.microseconds) >= slow * Double(allowed.microseconds)
    }
}
