// The content of a JSON string or name: compared and decoded for what it means, however it is escaped.

import Glibc

/// The bytes between a string's quotes, as sent: valid UTF-8 with escapes.
package struct JSONText {
    package let raw: UnsafeBufferPointer<UInt8>

    package init(raw: UnsafeBufferPointer<UInt8>) { self.raw = raw }

    package var isEmpty: Bool { raw.isEmpty }

    /// The same with the quotes around it.
    package var quoted: UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: raw.baseAddress.map { $0 - 1 }, count: raw.count + 2)
    }

    package var hasEscapes: Bool {
        guard let start = raw.baseAddress else { return false }
        return memchr(start, Int32(UInt8(ascii: "\\")), raw.count) != nil
    }

    /// Whether it means `other`, byte for byte in UTF-8. Allocates only when it has escapes.
    package func means(_ other: String) -> Bool {
        withMeaning { mine in other.withBytes { mine.count == $0.count && equalBytes(mine, $0) } }
    }

    /// The same, with `A` to `Z` taken for `a` to `z` on both sides.
    package func means(ignoringCase other: String) -> Bool {
        withMeaning { mine in
            other.withBytes { theirs in
                guard mine.count == theirs.count else { return false }
                return equalBytes(mine, theirs) || mine.indices.allSatisfy { lowered(mine[$0]) == lowered(theirs[$0]) }
            }
        }
    }

    /// Whether it is written with just these bytes.
    package func isWritten(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        raw.count == bytes.count && equalBytes(raw, bytes)
    }

    /// Whether two strings mean the same.
    package func means(_ other: JSONText) -> Bool {
        if isWritten(other.raw) { return true }
        if !hasEscapes, !other.hasEscapes { return false }
        return withMeaning { mine in other.withMeaning { mine.count == $0.count && equalBytes(mine, $0) } }
    }

    /// Calls `body` with the UTF-8 that the string means; it must not outlive `body`. Allocates only when there are
    /// escapes.
    package func withMeaning<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        hasEscapes ? unescaped(raw).withUnsafeBufferPointer(body) : body(raw)
    }

    /// What the string means.
    package var decoded: String { withMeaning { String(decoding: $0, as: UTF8.self) } }
}

extension String {
    fileprivate func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        if let result = utf8.withContiguousStorageIfAvailable(body) { return result }
        return Array(utf8).withUnsafeBufferPointer(body)
    }
}

private func equalBytes(_ one: UnsafeBufferPointer<UInt8>, _ other: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let a = one.baseAddress, let b = other.baseAddress else { return one.isEmpty && other.isEmpty }
    return memcmp(a, b, one.count) == 0
}

private func lowered(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
}

/// Takes the escapes of RFC 8259 section 7 out of a string that was checked. What a check would have refused becomes
/// U+FFFD.
private func unescaped(_ raw: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(raw.count)
    var rest = raw[...]
    while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "\\"), let escape = rest.popFirst() else {
            result.append(byte)
            continue
        }
        switch escape {
        case UInt8(ascii: "b"): result.append(8)
        case UInt8(ascii: "t"): result.append(9)
        case UInt8(ascii: "n"): result.append(10)
        case UInt8(ascii: "f"): result.append(12)
        case UInt8(ascii: "r"): result.append(13)
        case UInt8(ascii: "u"): result.append(contentsOf: scalar(&rest).utf8Bytes)
        default: result.append(escape)
        }
    }
    return result
}

/// The scalar behind a `\u`: of one escape, or of two that are a surrogate pair.
private func scalar(_ rest: inout Slice<UnsafeBufferPointer<UInt8>>) -> Unicode.Scalar {
    let high = codeUnit(&rest)
    guard (0xD800..<0xDC00).contains(high) else { return Unicode.Scalar(high) ?? "\u{FFFD}" }
    rest = rest.dropFirst(2)
    let low = codeUnit(&rest)
    guard (0xDC00..<0xE000).contains(low) else { return "\u{FFFD}" }
    return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)) ?? "\u{FFFD}"
}

private func codeUnit(_ rest: inout Slice<UnsafeBufferPointer<UInt8>>) -> UInt32 {
    var unit: UInt32 = 0
    for _ in 0..<4 {
        guard let digit = rest.popFirst(), let value = Character(Unicode.Scalar(digit)).hexDigitValue else { break }
        unit = unit << 4 | UInt32(value)
    }
    return unit
}

extension Unicode.Scalar {
    fileprivate var utf8Bytes: some Sequence<UInt8> { UTF8.encode(self) ?? UTF8.encodedReplacementCharacter }
}
