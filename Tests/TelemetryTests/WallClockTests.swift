// Times of day as text.

import Foundation
import Testing

@testable import Telemetry

@Suite struct WallClockTests {
    private func text(_ time: Duration, in timestamps: inout Timestamps) -> String {
        var bytes = LineBytes(capacity: 1)
        timestamps.write(time, to: &bytes)
        return String(decoding: bytes.array, as: UTF8.self)
    }

    @Test(arguments: [
        (Duration.zero, "1970-01-01T00:00:00.000Z"),
        (.milliseconds(999), "1970-01-01T00:00:00.999Z"),
        (.nanoseconds(999_999), "1970-01-01T00:00:00.000Z"),
        (.milliseconds(-1), "1969-12-31T23:59:59.999Z"),
        (.seconds(951_782_400), "2000-02-29T00:00:00.000Z"),
        (.seconds(951_868_799), "2000-02-29T23:59:59.000Z"),
        (.seconds(951_868_800), "2000-03-01T00:00:00.000Z"),
        (.seconds(4_107_542_399), "2100-02-28T23:59:59.000Z"),
        (.seconds(4_107_542_400), "2100-03-01T00:00:00.000Z"),
        (.seconds(2_147_483_648), "2038-01-19T03:14:08.000Z"),
        (.seconds(Int64.max), "9999-12-31T23:59:59.000Z"),
        (.seconds(Int64.min), "0000-01-01T00:00:00.000Z"),
    ])
    func `are RFC 3339 in UTC`(_ time: Duration, _ expected: String) {
        var timestamps = Timestamps()

        let written = text(time, in: &timestamps)

        #expect(written == expected)
    }

    @Test func `agree with Foundation for eight centuries`() {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt

        // From 1586 on: before 1582, Foundation's calendar is the Julian one. Not each day: it is slow.
        for day in stride(from: -140_000, through: 160_000, by: 37) {
            let date = CivilDate(daysSince1970: day)
            let parts = calendar.dateComponents(
                [.year, .month, .day], from: Date(timeIntervalSince1970: Double(day) * 86_400))
            #expect([date.year, date.month, date.day] == [parts.year, parts.month, parts.day])
        }
    }

    @Test func `follow each other when the second changes, back and forth`() {
        var timestamps = Timestamps()

        let first = text(.milliseconds(1999), in: &timestamps)
        let second = text(.milliseconds(2000), in: &timestamps)
        let back = text(.milliseconds(1001), in: &timestamps)

        #expect(first == "1970-01-01T00:00:01.999Z")
        #expect(second == "1970-01-01T00:00:02.000Z")
        #expect(back == "1970-01-01T00:00:01.001Z")
    }

    @Test func `are of this day`() {
        let now = WallClock.now

        #expect(abs(now / .seconds(1) - Date().timeIntervalSince1970) < 60)
    }
}
