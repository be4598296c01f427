// The time of day, for what people and other machines read. Everything that measures uses the continuous clock instead.

import Glibc

/// The system's time of day.
package enum WallClock {
    /// Since 1970-01-01T00:00:00Z, without leap seconds. Steps when the system's time is set.
    package static var now: Duration {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Duration(secondsComponent: Int64(time.tv_sec), attosecondsComponent: Int64(time.tv_nsec) * 1_000_000_000)
    }
}

/// RFC 3339 text in UTC with milliseconds. Consecutive times mostly share their second, so its text is kept.
struct Timestamps {
    private var second = Int64.min
    /// `2026-01-02T03:04:05.`
    private var prefix: [UInt8] = []

    /// Appends `2026-01-02T03:04:05.678Z` for `time` since 1970. Years 0 to 9999; what lies outside is drawn to the
    /// ends.
    mutating func write(_ time: Duration, to bytes: inout LineBytes) {
        let (seconds, attoseconds) = Self.split(time)
        if seconds != second {
            second = seconds
            prefix = Self.prefix(of: seconds)
        }
        prefix.withUnsafeBufferPointer { bytes.append($0) }
        bytes.append(UInt(attoseconds / 1_000_000_000_000_000), places: 3)
        bytes.append("Z")
    }

    private static let years0To9999 = Int64(-62_167_219_200)...Int64(253_402_300_799)

    /// Whole seconds, rounded down, and the rest.
    private static func split(_ time: Duration) -> (seconds: Int64, attoseconds: Int64) {
        var (seconds, attoseconds) = time.components
        if attoseconds < 0 {
            seconds -= 1
            attoseconds += 1_000_000_000_000_000_000
        }
        return (min(max(seconds, years0To9999.lowerBound), years0To9999.upperBound), attoseconds)
    }

    private static func prefix(of seconds: Int64) -> [UInt8] {
        let day = Int((seconds - seconds.floored(by: 86_400)) / 86_400)
        let rest = Int(seconds.floored(by: 86_400))
        let date = CivilDate(daysSince1970: day)
        var text = LineBytes(capacity: 20)
        text.append(UInt(date.year), places: 4)
        text.append("-")
        text.append(UInt(date.month), places: 2)
        text.append("-")
        text.append(UInt(date.day), places: 2)
        text.append("T")
        text.append(UInt(rest / 3600), places: 2)
        text.append(":")
        text.append(UInt(rest / 60 % 60), places: 2)
        text.append(":")
        text.append(UInt(rest % 60), places: 2)
        text.append(".")
        return text.array
    }
}

/// A day of the proleptic Gregorian calendar.
struct CivilDate: Equatable {
    let year: Int
    let month: Int
    let day: Int

    /// Counts in years that begin on March 1, so that a leap day is a year's last, and in eras of 400 years, which all
    /// have 146 097 days.
    init(daysSince1970: Int) {
        let sinceMarch0000 = daysSince1970 + 719_468
        let dayOfEra = sinceMarch0000.floored(by: 146_097)
        let era = (sinceMarch0000 - dayOfEra) / 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        // March is month 0; months 0 to 4 have 153 days, and so have 5 to 9.
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }
}

extension SignedInteger {
    /// The remainder of a division that rounds down: never negative for a positive `divisor`.
    fileprivate func floored(by divisor: Self) -> Self {
        let remainder = self % divisor
        return remainder < 0 ? remainder + divisor : remainder
    }
}
