// What a line of the access log is written with: bytes, numbers and strings of JSON, each by hand. Measured: the same
// with an Array takes twice as long, for it checks with every append whether it is shared.

internal import Pipeline

/// Bytes that grow at their end and keep their room when they are emptied.
struct LineBytes: ~Copyable {
    private(set) var count = 0
    private var capacity: Int
    private var start: UnsafeMutablePointer<UInt8>

    init(capacity: Int) {
        self.capacity = capacity
        start = .allocate(capacity: capacity)
    }

    deinit { start.deallocate() }

    /// A copy of all bytes.
    var array: [UInt8] { Array(UnsafeBufferPointer(start: start, count: count)) }

    mutating func removeAll() { count = 0 }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        reserve(1)
        start[count] = byte
        count += 1
    }

    mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let source = bytes.baseAddress else { return }
        reserve(bytes.count)
        (start + count).update(from: source, count: bytes.count)
        count += bytes.count
    }

    /// Appends text that is known when the gateway is compiled, as it is.
    @inline(__always)
    mutating func append(_ text: StaticString) {
        append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(__always)
    private mutating func reserve(_ more: Int) {
        if count + more > capacity { grow(to: max(capacity * 2, count + more)) }
    }

    private mutating func grow(to needed: Int) {
        let wider = UnsafeMutablePointer<UInt8>.allocate(capacity: needed)
        wider.update(from: start, count: count)
        start.deallocate()
        start = wider
        capacity = needed
    }
}

/// Decimal numbers.
extension LineBytes {
    private static var zero: UInt8 { UInt8(ascii: "0") }

    /// Appends `number` without leading zeros.
    mutating func append(_ number: Int) {
        if number < 0 { append(UInt8(ascii: "-")) }
        reserve(DecimalDigits.longest)
        count += DecimalDigits.write(UInt64(number.magnitude), to: start + count)
    }

    /// Appends the last `places` digits of `number`, with leading zeros.
    mutating func append(_ number: UInt, places: Int) {
        reserve(places)
        DecimalDigits.write(UInt64(number), places: places, to: start + count)
        count += places
    }

    /// Appends milliseconds with three decimals, rounded down. What is negative (clocks are read in different places)
    /// is 0.
    mutating func append(milliseconds time: Duration) {
        let microseconds = max(0, Int(time.microseconds))
        append(microseconds / 1000)
        append(UInt8(ascii: "."))
        append(UInt(microseconds % 1000), places: 3)
    }
}

/// Strings of JSON (RFC 8259 section 7), in ASCII.
extension LineBytes {
    /// Bytes of one text that are kept: a target may have 8 KiB, and nobody shall fill a disk with them.
    static let longestText = 512

    /// Appends `text` in quotation marks, cut to `longestText` bytes (and then ending in `…`).
    ///
    /// All that is not printable ASCII is escaped: control characters would break the line, and those beyond ASCII (C1
    /// controls, U+2028, changes of direction) can mislead a terminal or whoever reads it.
    mutating func append(quoted text: String) {
        append(UInt8(ascii: "\""))
        // Strings that came from Foundation may be stored in another form; copying makes them contiguous.
        var text = text
        text.withUTF8 { append(escaping: $0) }
        append(UInt8(ascii: "\""))
    }

    private mutating func append(escaping bytes: UnsafeBufferPointer<UInt8>) {
        let end = Self.cut(bytes)
        // Nearly all texts are plain from end to end: look at eight bytes at once.
        var plain = 0
        let words = UnsafeRawBufferPointer(bytes)
        while plain + 8 <= end, Self.areAllPlain(words.loadUnaligned(fromByteOffset: plain, as: UInt64.self)) {
            plain += 8
        }
        while plain < end, Self.isPlain(bytes[plain]) { plain += 1 }
        append(UnsafeBufferPointer(rebasing: bytes[..<plain]))
        if plain < end {
            for unit in String(decoding: bytes[plain..<end], as: UTF8.self).utf16 { append(escaping: unit) }
        }
        if end < bytes.count { append(escaping: 0x2026) }
    }

    /// Where to cut: never inside a character's bytes.
    private static func cut(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        guard bytes.count > longestText else { return bytes.count }
        var end = longestText
        while end > 0, bytes[end] & 0b1100_0000 == 0b1000_0000 { end -= 1 }
        return end
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x7f && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    /// `isPlain` for eight bytes. Subtracting sets the highest bit of the lowest byte that is smaller, and perhaps of
    /// bytes above it, which then no longer matter.
    private static func areAllPlain(_ eight: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let control = (eight &- ones &* 0x20) & ~eight
        let quote = eight ^ ones &* UInt64(UInt8(ascii: "\""))
        let backslash = eight ^ ones &* UInt64(UInt8(ascii: "\\"))
        let delete = eight ^ ones &* 0x7f
        let special = (quote &- ones) & ~quote | (backslash &- ones) & ~backslash | (delete &- ones) & ~delete
        return (eight | control | special) & (ones &* 0x80) == 0
    }

    private mutating func append(escaping unit: UInt16) {
        let byte = UInt8(truncatingIfNeeded: unit)
        guard unit >= 0x80 || !Self.isPlain(byte) else { return append(byte) }
        append("\\u")
        for shift: UInt16 in [12, 8, 4, 0] { append(Self.hexDigit(unit >> shift & 15)) }
    }

    private static func hexDigit(_ value: UInt16) -> UInt8 {
        UInt8(truncatingIfNeeded: value < 10 ? UInt16(zero) + value : UInt16(UInt8(ascii: "a")) + value - 10)
    }
}
