// Random numbers that cost a few instructions. The system's cost a system call each, and a request needs several.

/// SplitMix64 (Steele, Lea, Flood 2014), seeded by the system. For ids and choices, never for secrets. One a thread.
package struct FastRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init() {
        state = .random(in: 0 ... .max)
    }

    /// Always the same numbers for the same seed.
    package init(seed: UInt64) {
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
