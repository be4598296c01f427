// Bytes written as letters (RFC 4648): tokens and keys in the one alphabet, a password that a browser sends in the other. Read
// strictly: bytes that can be written in two ways could be judged in two ways.

/// Reads what others have written in base64.
package enum Base64 {
    package enum Alphabet: Sendable {
        /// RFC 4648 section 4: ends in `+ /`, and padded with `=` to whole groups of four.
        case standard
        /// RFC 4648 section 5: ends in `- _`, without padding (RFC 7515 section 2).
        case url
    }

    /// Nil: a letter of another alphabet, padding that is missing or should not be there, white space, a length that cannot be,
    /// or bits behind the last byte.
    package static func decode(_ text: some BidirectionalCollection<UInt8>, _ alphabet: Alphabet) -> [UInt8]? {
        var letters = text[...]
        if alphabet == .standard {
            guard letters.count % 4 == 0 else { return nil }
            // A group holds a byte at least, which takes two letters.
            for _ in 0..<2 where letters.last == UInt8(ascii: "=") { letters.removeLast() }
        }
        guard letters.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(letters.count / 4 * 3 + 2)
        var buffer: UInt32 = 0
        var bits: UInt32 = 0
        for letter in letters {
            guard let value = value(of: letter, alphabet) else { return nil }
            buffer = buffer << 6 | UInt32(value)
            bits += 6
            guard bits >= 8 else { continue }
            bits -= 8
            bytes.append(UInt8(truncatingIfNeeded: buffer >> bits))
            buffer &= 1 << bits - 1
        }
        return buffer == 0 ? bytes : nil
    }

    private static func value(of letter: UInt8, _ alphabet: Alphabet) -> UInt8? {
        switch (letter, alphabet) {
        case (UInt8(ascii: "A")...UInt8(ascii: "Z"), _): letter - UInt8(ascii: "A")
        case (UInt8(ascii: "a")...UInt8(ascii: "z"), _): letter - UInt8(ascii: "a") + 26
        case (UInt8(ascii: "0")...UInt8(ascii: "9"), _): letter - UInt8(ascii: "0") + 52
        case (UInt8(ascii: "-"), .url), (UInt8(ascii: "+"), .standard): 62
        case (UInt8(ascii: "_"), .url), (UInt8(ascii: "/"), .standard): 63
        default: nil
        }
    }
}
