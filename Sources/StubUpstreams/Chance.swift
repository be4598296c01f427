// Randomness that is a function of what a call is, not of when it comes: no stream is shared between calls, so the
// same script and seed give the same behaviour however calls interleave.

/// The draws of one call.
struct Chance: RandomNumberGenerator {
    private var random: SeededRandom

    /// - Parameters:
    ///   - rule: the rule's place in its script.
    ///   - subject: what is drawn for: a service and a path.
    ///   - ordinal: which call of `subject` this is for the rule, from 1.
    init(seed: UInt64, rule: Int, subject: String, ordinal: Int) {
        // FNV-1a over the subject: the standard library's hashes change from run to run.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in subject.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        random = SeededRandom(seed: seed)
        for part in [UInt64(truncatingIfNeeded: rule), hash, UInt64(truncatingIfNeeded: ordinal)] {
            random = SeededRandom(seed: random.next() ^ part)
        }
    }

    mutating func next() -> UInt64 { random.next() }

    /// True with the given probability, from 0 to 1.
    mutating func happens(_ probability: Double) -> Bool {
        // Always drawn, so that what follows does not depend on the probability.
        Double(next() >> 11) * 0x1p-53 < probability
    }
}
