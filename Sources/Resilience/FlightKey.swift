// What is the same where an answer is shared. Nothing less may ever be compared: this is what keeps tenants apart.

internal import Pipeline

/// One question on one authority. Which upstream or route it is for need not be said: each has flights of its own.
struct FlightKey {
    let principal: Principal
    /// The raw path, byte for byte.
    let target: String
    /// Never 0. Of all of it, seeded anew in each process: nobody can choose paths that meet.
    let hash: UInt64

    init(_ principal: Principal, _ target: String) {
        self.principal = principal
        self.target = target
        hash = Self.hash(target, Self.seed ^ principal.authorityHash)
    }

    /// Whether the answer to one is the answer to the other. By value: hashes may be the same by chance.
    func isSame(as other: FlightKey) -> Bool {
        hash == other.hash && target == other.target && principal.hasAuthority(of: other.principal)
    }

    private static let seed = UInt64.random(in: .min ... .max)

    /// Eight bytes at a time, each folded in by a multiplication (as wyhash does): a tenth of what the standard hasher takes.
    private static func hash(_ text: String, _ seed: UInt64) -> UInt64 {
        text.withBytes { text in
            let bytes = UnsafeRawBufferPointer(text)
            var sum = mixed(seed ^ UInt64(truncatingIfNeeded: bytes.count))
            var place = 0
            while place + 8 <= bytes.count {
                sum = mixed(sum ^ bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
                place += 8
            }
            var rest: UInt64 = 0
            while place < bytes.count {
                rest = rest << 8 | UInt64(bytes[place])
                place += 1
            }
            return mixed(sum ^ rest) | 1
        }
    }

    private static func mixed(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
        return product.high ^ product.low
    }
}

extension FlightKey: Hashable {
    static func == (left: FlightKey, right: FlightKey) -> Bool { left.isSame(as: right) }

    func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}
