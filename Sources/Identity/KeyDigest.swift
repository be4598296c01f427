// What is stored of an API key: its SHA-256. The keys are drawn from 2^256, so nothing slower than one hash is needed
// to keep them from being guessed from it.

internal import Crypto
internal import Pipeline

/// SHA-256 (FIPS 180-4) of a key's text. Four words: made, compared and hashed without allocating.
struct KeyDigest: Hashable, Sendable {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    init(of key: UnsafeBufferPointer<UInt8>) {
        words = SHA256.hash(data: UnsafeRawBufferPointer(key)).withUnsafeBytes {
            $0.loadUnaligned(as: (UInt64, UInt64, UInt64, UInt64).self)
        }
    }

    /// 64 hexadecimal digits of either case; nil: it is something else.
    init?(hex: String) {
        let digits = Array(hex.utf8)
        guard digits.count == 64, digits.allSatisfy(Hex.isDigit) else { return nil }
        let bytes = stride(from: 0, to: 64, by: 2).map {
            Hex.value(of: digits[$0]) << 4 | Hex.value(of: digits[$0 + 1])
        }
        words = bytes.withUnsafeBytes { $0.loadUnaligned(as: (UInt64, UInt64, UInt64, UInt64).self) }
    }

    /// 64 lower-case digits.
    var hex: String { withUnsafeBytes(of: words) { Hex.lower(Array($0)) } }

    static func == (left: Self, right: Self) -> Bool { left.words == right.words }

    func hash(into hasher: inout Hasher) {
        withUnsafeBytes(of: words) { hasher.combine(bytes: $0) }
    }
}
