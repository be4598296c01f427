// How long to wait before trying again. Random over the whole range ("full jitter"): whatever failed together must not
// come back together.

/// The wait before a retry: a random time up to a limit that doubles with each.
package struct Backoff: Sendable {
    private let base: Duration
    private let cap: Duration

    /// - Parameters:
    ///   - base: the longest wait before the first retry.
    ///   - cap: the longest wait before any.
    package init(base: Duration, cap: Duration) {
        self.base = base
        self.cap = cap
    }

    /// The longest wait before the `retry`th retry, from 1.
    package func longest(before retry: Int) -> Duration {
        var longest = base
        // Not by a power: it would overflow, and the cap is soon reached.
        for _ in 1..<max(retry, 1) where longest < cap { longest *= 2 }
        return min(longest, cap)
    }

    package func wait(before retry: Int, using random: inout some RandomNumberGenerator) -> Duration {
        longest(before: retry) * Double.random(in: 0..<1, using: &random)
    }
}
