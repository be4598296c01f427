// Randomness that is a function of what a call is, not of when it comes: no stream is shared between calls, so the
// same script and seed give the same behaviour however calls interleave.

/// The draws of one call. SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", 2014).
struct Chance: RandomNumberGenerator {
    private var state: UInt64

    /// - Parameters:
    ///   - rule: the rule's place in its script.
    ///   - subject: what is drawn for: a service and a path.
    ///   - ordinal: which call of `subject` this is for the rule, from 1.
    init(seed: UInt64, rule: Int, subject: String, ordinal: Int) {
        // FNV-1a over the subject: the standard library's hashes change from run to run.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in subject.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        state = seed
        for part in [UInt64(truncatingIfNeeded: rule), hash, UInt64(truncatingIfNeeded: ordinal)] {
            state = next() ^ part
        }
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// True with the given probability, from 0 to 1.
    mutating func happens(_ probability: Double) -> Bool {
        // Always drawn, so that what follows does not depend on the probability.
        Double(next() >> 11) * 0x1p-53 < probability
    }
}
