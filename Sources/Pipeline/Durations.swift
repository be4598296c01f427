// Times as whole numbers, in the units in which they are told to people, to upstreams and to the system.

extension Duration {
    /// Whole milliseconds, rounded down.
    package var milliseconds: Int64 {
        // Taken apart once: it is a division of 128 bits.
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }

    /// Whole microseconds, rounded towards zero.
    package var microseconds: Int64 {
        let each: Int64 = 1_000_000_000_000
        // Up to nine seconds fit 64 bits, where a division costs a tenth of one of 128.
        if let short = Int64(exactly: attoseconds) { return short / each }
        return Int64(clamping: attoseconds / Int128(each))
    }

    /// Whole nanoseconds, rounded towards zero. Good for 292 years.
    package var nanoseconds: Int64 {
        let each: Int64 = 1_000_000_000
        if let short = Int64(exactly: attoseconds) { return short / each }
        return Int64(clamping: attoseconds / Int128(each))
    }

    /// Rounded up to whole seconds, at least one: what `Retry-After` can say (RFC 9110, section 10.2.3).
    package var secondsToWait: Int64 {
        let (seconds, attoseconds) = components
        return max(1, seconds + (attoseconds > 0 ? 1 : 0))
    }
}
