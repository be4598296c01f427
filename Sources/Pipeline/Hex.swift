// Hexadecimal digits, as ids are written.

/// Lower-case hexadecimal.
package enum Hex {
    private static let digits = Array("0123456789abcdef".utf8)

    /// Sixteen digits.
    package static func lower(_ number: UInt64) -> String {
        String(unsafeUninitializedCapacity: 16) { text in
            guard let start = text.baseAddress else { return 0 }
            write(number, to: start)
            return 16
        }
    }

    /// Sixteen digits, at `text`, which has room for them.
    package static func write(_ number: UInt64, to text: UnsafeMutablePointer<UInt8>) {
        for place in 0..<16 {
            let value = UInt8(truncatingIfNeeded: number >> UInt64(60 - 4 * place)) & 15
            text[place] = value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
        }
    }

    /// Two digits a byte.
    package static func lower(_ bytes: [UInt8]) -> String {
        String(unsafeUninitializedCapacity: bytes.count * 2) { text in
            for (place, byte) in bytes.enumerated() {
                text[2 * place] = digits[Int(byte >> 4)]
                text[2 * place + 1] = digits[Int(byte & 15)]
            }
            return bytes.count * 2
        }
    }

    package static func isLower(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    package static func isDigit(_ byte: UInt8) -> Bool {
        isLower(byte) || (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte)
    }

    /// The value of a digit of either case; 0 for any other byte.
    package static func value(of digit: UInt8) -> UInt8 {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: 0
        }
    }
}
