// The `Date` line, made once a second for all answers of a loop.

internal import Glibc

/// `Date: Sun, 06 Nov 1994 08:49:37 GMT` with its line end (RFC 9110, section 5.6.7).
struct HTTPDate {
    private(set) var line: [UInt8]
    /// Without the name, as HTTP/2 writes it.
    var value: ArraySlice<UInt8> { line.dropFirst(6).dropLast(2) }
    private var second: time_t

    init(at second: time_t = time(nil)) {
        self.second = second
        line = Self.line(at: second)
    }

    /// Makes the line anew if another second has begun.
    mutating func refresh(at now: time_t = time(nil)) {
        guard now != second else { return }
        self = HTTPDate(at: now)
    }

    private static func line(at second: time_t) -> [UInt8] {
        var second = second
        var parts = tm()
        gmtime_r(&second, &parts)
        let day = days[Int(parts.tm_wday)], month = months[Int(parts.tm_mon)]
        let year = String(1900 + Int(parts.tm_year))
        let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map(twoDigits).joined(separator: ":")
        return Array("Date: \(day), \(twoDigits(parts.tm_mday)) \(month) \(year) \(clock) GMT\r\n".utf8)
    }

    private static func twoDigits(_ number: Int32) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }

    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
