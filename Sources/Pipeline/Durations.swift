// Times as whole numbers, in the units in which they are told to people, to upstreams and to the system.

extension Duration {
    /// Whole milliseconds, rounded down.
    package var milliseconds: Int64 {
        // Taken apart once: it is a division of 128 bits.
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }

    /// Whole nanoseconds, rounded towards zero. Good for 292 years.
    package var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }

    /// Rounded up to whole seconds, at least one: what `Retry-After` can say (RFC 9110, section 10.2.3).
    package var secondsToWait: Int64 {
        let (seconds, attoseconds) = components
        return max(1, seconds + (attoseconds > 0 ? 1 : 0))
    }
}
