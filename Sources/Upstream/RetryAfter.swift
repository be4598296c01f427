// When an upstream wishes to be asked again.

/// `Retry-After` as a number of seconds (RFC 9110, section 10.2.3). The date form says little without a common clock and
/// is left aside.
enum RetryAfter {
    private static let longest = 3600

    /// Reads a header line of any name; nil if it is another one, or malformed. At most an hour.
    static func read(_ line: UnsafeRawBufferPointer) -> Duration? {
        let name = "retry-after:".utf8
        guard line.count > name.count, zip(line, name).allSatisfy({ $0 == $1 || $0 | 0x20 == $1 }) else { return nil }
        let value = line.dropFirst(name.count).drop { isSpace($0) }
        let digits = value.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard (1...9).contains(digits.count), value.dropFirst(digits.count).allSatisfy(isSpace) else { return nil }
        return .seconds(min(digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }, longest))
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0d || byte == 0x0a
    }
}
