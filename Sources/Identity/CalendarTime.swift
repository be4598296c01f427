// Times as operators write them in keys.yaml, RFC 3339.

/// A time of day since 1970-01-01T00:00:00Z, without leap seconds.
struct CalendarTime: Equatable, Sendable {
    let sinceEpoch: Duration

    /// Years 0 to 9999, which are all that can be written; what lies outside is drawn to the ends.
    init(sinceEpoch: Duration) {
        self.sinceEpoch = min(max(sinceEpoch, .seconds(-62_167_219_200)), .seconds(253_402_300_799))
    }

    /// `2027-01-31T00:00:00Z`, `2027-01-31T01:00:00.5+01:00` (RFC 3339 section 5.6); nil: it is something else, or a
    /// day that does not exist. A leap second is the second after it.
    init?(_ text: String) {
        var rest = Array(text.utf8)[...]
        guard let year = Self.number(4, &rest), Self.skip("-", &rest), let month = Self.number(2, &rest),
            Self.skip("-", &rest), let day = Self.number(2, &rest), Self.skip("Tt", &rest),
            let hour = Self.number(2, &rest), Self.skip(":", &rest), let minute = Self.number(2, &rest),
            Self.skip(":", &rest), let second = Self.number(2, &rest), let fraction = Self.fraction(&rest),
            let offset = Self.offset(&rest), rest.isEmpty
        else { return nil }
        guard (1...12).contains(month), day >= 1, day <= Self.days(in: month, of: year), hour < 24, minute < 60,
            second <= 60
        else { return nil }
        let days = Self.daysSinceEpoch(year, month, day)
        sinceEpoch = .seconds(days * 86_400 + hour * 3600 + minute * 60 + second - offset) + fraction
    }

    /// In UTC, whole seconds.
    var text: String {
        let seconds = Int(sinceEpoch.components.seconds)
        let ofDay = (seconds % 86_400 + 86_400) % 86_400
        let (year, month, day) = Self.date((seconds - ofDay) / 86_400)
        let parts = [
            Self.padded(year, 4), "-", Self.padded(month, 2), "-", Self.padded(day, 2), "T",
            Self.padded(ofDay / 3600, 2), ":", Self.padded(ofDay / 60 % 60, 2), ":", Self.padded(ofDay % 60, 2), "Z",
        ]
        return parts.joined()
    }

    private static func padded(_ number: Int, _ places: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, places - digits.count)) + digits
    }

    private static func number(_ places: Int, _ rest: inout ArraySlice<UInt8>) -> Int? {
        let digits = rest.prefix(places)
        guard digits.count == places, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        rest = rest.dropFirst(places)
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private static func skip(_ any: String, _ rest: inout ArraySlice<UInt8>) -> Bool {
        guard let first = rest.first, any.utf8.contains(first) else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// Nanoseconds are kept, what is finer is not.
    private static func fraction(_ rest: inout ArraySlice<UInt8>) -> Duration? {
        guard skip(".", &rest) else { return .zero }
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        guard !digits.isEmpty else { return nil }
        rest = rest.dropFirst(digits.count)
        let padded = Array(digits.prefix(9)) + Array(repeating: 0x30, count: max(0, 9 - digits.count))
        return .nanoseconds(padded.reduce(0) { $0 * 10 + Int($1 - 0x30) })
    }

    /// In seconds; east is positive.
    private static func offset(_ rest: inout ArraySlice<UInt8>) -> Int? {
        if skip("Zz", &rest) { return 0 }
        let isWest = rest.first == UInt8(ascii: "-")
        guard skip("+-", &rest), let hours = number(2, &rest), skip(":", &rest), let minutes = number(2, &rest),
            hours < 24, minutes < 60
        else { return nil }
        return (hours * 3600 + minutes * 60) * (isWest ? -1 : 1)
    }

    private static func days(in month: Int, of year: Int) -> Int {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    /// Counts years from March 1, so that a leap day is a year's last.
    private static func daysSinceEpoch(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = year + 400 - (month <= 2 ? 1 : 0)
        let fromMarch = (month + 9) % 12
        let ofYear = (153 * fromMarch + 2) / 5 + day - 1
        return year * 365 + year / 4 - year / 100 + year / 400 + ofYear - 719_468 - 146_097
    }

    private static func date(_ daysSinceEpoch: Int) -> (year: Int, month: Int, day: Int) {
        // From above: no year is shorter than 365 days. Not far, within the years that four digits can name.
        var year = 1970 + daysSinceEpoch / 365 + 1
        while self.daysSinceEpoch(year, 1, 1) > daysSinceEpoch { year -= 1 }
        var rest = daysSinceEpoch - self.daysSinceEpoch(year, 1, 1)
        var month = 1
        while rest >= days(in: month, of: year) {
            rest -= days(in: month, of: year)
            month += 1
        }
        return (year, month, rest + 1)
    }
}
