// Dates as HTTP writes them.

internal import Glibc

/// `Sun, 06 Nov 1994 08:49:37 GMT`, the form that senders must use (RFC 9110, section 5.6.7). The two that it calls obsolete are not
/// read.
enum IMFDate {
    private static let length = 29

    /// Seconds since the epoch; nil: it is no such date.
    static func seconds(_ text: some BidirectionalCollection<UInt8>) -> Int? {
        guard text.count == length else { return nil }
        let bytes = Array(text)
        guard days.contains(String(decoding: bytes[..<3], as: UTF8.self)),
            let month = months.firstIndex(of: String(decoding: bytes[8..<11], as: UTF8.self)),
            let day = number(bytes[5..<7]), let year = number(bytes[12..<16]), let hour = number(bytes[17..<19]),
            let minute = number(bytes[20..<22]), let second = number(bytes[23..<25]),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        // What stands between them.
        for (place, word) in [(3, ", "), (7, " "), (11, " "), (16, " "), (19, ":"), (22, ":"), (25, " GMT")] {
            guard bytes[place...].starts(with: word.utf8) else { return nil }
        }
        var parts = tm()
        (parts.tm_mday, parts.tm_mon, parts.tm_year) = (Int32(day), Int32(month), Int32(year - 1900))
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (Int32(hour), Int32(minute), 0)
        let minutes = timegm(&parts)
        // It makes the 1st of March of the 30th of February.
        guard parts.tm_mday == Int32(day), parts.tm_mon == Int32(month) else { return nil }
        // A leap second is the next minute's first.
        return minutes + second
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    private static let days: Set = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
