// The unit in which time is told to people and to upstreams.

extension Duration {
    /// Whole milliseconds, rounded down.
    package var milliseconds: Int64 {
        // Taken apart once: it is a division of 128 bits.
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
