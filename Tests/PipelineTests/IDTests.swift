// Request ids, hexadecimal digits, and the numbers behind them.

import Pipeline
import Testing

struct RequestIDTests {
    @Test(arguments: [
        "a", "checkout-42.7", "A_B-C.d", "0", "-", ".", String(repeating: "x", count: 128),
    ])
    func `keeps a well-formed id`(id: String) {
        #expect(RequestID.isWellFormed(id))
    }

    @Test(arguments: [
        "", " ", "a b", "a/b", "a:b", "a\r\nb", "a\0", "é", "a%20", "a,b", "\u{7f}", "🙂",
        String(repeating: "x", count: 129),
    ])
    func `takes no other`(id: String) {
        #expect(!RequestID.isWellFormed(id))
    }

    @Test func `makes ids that are well-formed and differ`() {
        var random = FastRandom(seed: 1)

        let ids = (0..<10_000).map { _ in RequestID.make(using: &random) }

        #expect(Set(ids).count == 10_000)
        #expect(ids.allSatisfy { $0.utf8.count == 16 && RequestID.isWellFormed($0) })
    }
}

struct HexTests {
    @Test func `writes numbers with sixteen digits`() {
        #expect(Hex.lower(0) == "0000000000000000")
        #expect(Hex.lower(0x0123_4567_89ab_cdef) == "0123456789abcdef")
        #expect(Hex.lower(.max) == "ffffffffffffffff")
    }

    @Test func `writes two digits a byte`() {
        #expect(Hex.lower([]) == "")
        #expect(Hex.lower([0, 9, 10, 0x7f, 0x80, 255]) == "00090a7f80ff")
    }

    @Test func `knows digits from other bytes, of both cases, and their values`() {
        for byte in UInt8.min ... .max {
            let text = String(UnicodeScalar(byte))
            let value = byte < 0x80 ? UInt8(text, radix: 16) : nil

            #expect(Hex.isDigit(byte) == (value != nil), "byte \(byte)")
            #expect(Hex.isLower(byte) == (value != nil && text == text.lowercased()), "byte \(byte)")
            #expect(Hex.value(of: byte) == value ?? 0, "byte \(byte)")
        }
    }
}

struct FastRandomTests {
    @Test func `says the same for the same seed, and is SplitMix64`() {
        var random = FastRandom(seed: 1_234_567)

        let numbers = (0..<3).map { _ in random.next() }

        // From the reference implementation.
        #expect(numbers == [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423])
    }

    @Test func `is seeded differently each time`() {
        var one = FastRandom()
        var other = FastRandom()

        #expect(one.next() != other.next())
    }
}
