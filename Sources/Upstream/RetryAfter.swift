// When an upstream wishes to be asked again.

/// `Retry-After` (RFC 9110, section 10.2.3): a number of seconds, or a date.
enum RetryAfter: Equatable {
    case seconds(Int)
    /// Seconds since the epoch, by the upstream's clock.
    case date(Int)

    private static let longest = 3600

    /// Reads a header line of any name; nil if it is another one, or malformed.
    static func read(_ line: UnsafeRawBufferPointer) -> RetryAfter? {
        let name = "retry-after:".utf8
        guard line.count > name.count, zip(line, name).allSatisfy({ $0 == $1 || $0 | 0x20 == $1 }) else { return nil }
        let start = line.dropFirst(name.count).drop { isSpace($0) }
        guard let last = start.lastIndex(where: { !isSpace($0) }) else { return nil }
        let value = start[...last]
        if let date = IMFDate.seconds(value) { return .date(date) }
        guard value.count <= 9, value.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        return .seconds(value.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) })
    }

    /// How long that is: at most an hour, and zero if it is over.
    /// - Parameters:
    ///   - sent: the reply's `Date`, by the same clock as a date; nil or malformed: there is none.
    ///   - now: seconds since the epoch by our own clock, which stands in for it.
    func wait(sent: String?, now: Int) -> Duration {
        switch self {
        case .seconds(let seconds): return .seconds(min(seconds, Self.longest))
        case .date(let date):
            let from = sent.flatMap { IMFDate.seconds($0.utf8) } ?? now
            return .seconds(min(max(date - from, 0), Self.longest))
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0d || byte == 0x0a
    }
}
