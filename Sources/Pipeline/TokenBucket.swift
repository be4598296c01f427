// How much is too much, as a rule: a bucket of tokens that fills at a steady rate, of which each request takes one.

/// How fast a bucket fills, and how many tokens fit.
package struct Rate: Sendable, Equatable {
    /// Tokens that fit: what may happen at once after a pause.
    package let burst: Int
    /// Between two tokens.
    package let one: Duration

    /// - Parameters: both at least 1, and at most ten million.
    package init(perSecond: Int, burst: Int) {
        self.burst = burst
        one = .seconds(1) / perSecond
    }

    /// How long it takes to fill an empty bucket.
    package var whole: Duration { one * burst }
}

/// One bucket. All it has to remember is when it will be full and when something was last taken, and one that is full is as
/// good as none: a table may forget it.
package struct TokenBucket: Sendable {
    private var full: ContinuousClock.Instant
    /// The latest of the times at which something was taken. By no rate was it emptier than empty then: so whoever emptied it
    /// by a slow rate has to wait for no more than the faster one that he is given.
    private var taken: ContinuousClock.Instant

    /// A full one.
    package init(at now: ContinuousClock.Instant) {
        full = now
        taken = now
    }

    /// Takes a token, if there is one.
    ///
    /// Times need not grow from one call to the next: requests of several threads come nearly in order.
    /// - Returns: nil if there was one; otherwise how long it takes until there is.
    package mutating func take(_ rate: Rate, at now: ContinuousClock.Instant) -> Duration? {
        let wait = wait(rate, at: now)
        if wait == nil { spend(rate, at: now) }
        return wait
    }

    /// How long it takes until there is a token; nil: there is one.
    package func wait(_ rate: Rate, at now: ContinuousClock.Instant) -> Duration? {
        let lacking = now.duration(to: full(by: rate)) + rate.one - rate.whole
        return lacking > .zero ? lacking : nil
    }

    /// Takes a token, which may be one too many: an empty bucket stays empty.
    package mutating func spend(_ rate: Rate, at now: ContinuousClock.Instant) {
        let full = full(by: rate)
        taken = max(taken, now)
        self.full = min(max(full, now) + rate.one, taken + rate.whole)
    }

    /// Not clamped to `now`, which may be earlier than `taken`: that would give back what was taken since.
    private func full(by rate: Rate) -> ContinuousClock.Instant {
        min(full, taken + rate.whole)
    }
}
