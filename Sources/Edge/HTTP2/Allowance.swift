// How often something may happen: so many at once, and so many a second in the long run.

/// A bucket of tokens. Time comes from outside.
struct Allowance {
    private let burst: Double
    private let perSecond: Double
    private var left: Double
    private var filled: ContinuousClock.Instant

    init(burst: Int, perSecond: Int, at now: ContinuousClock.Instant) {
        self.burst = Double(burst)
        self.perSecond = Double(perSecond)
        left = Double(burst)
        filled = now
    }

    /// Takes one. Returns false if there is none.
    mutating func spend(at now: ContinuousClock.Instant) -> Bool {
        if left < burst {
            left = min(burst, left + perSecond * max(0, filled.duration(to: now) / .seconds(1)))
        }
        filled = now
        guard left >= 1 else { return false }
        left -= 1
        return true
    }

    /// Gives some back, for what makes more of it right.
    mutating func earn(_ amount: Double) {
        left = min(burst, left + amount)
    }
}
