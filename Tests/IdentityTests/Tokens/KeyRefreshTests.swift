// When keys are fetched, with a made-up clock.

import Testing

@testable import Identity

@Suite struct KeyRefreshTests {
    private let start = ContinuousClock.now
    private var rules: KeyRefresh

    init() { rules = KeyRefresh(at: start) }

    private func after(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    /// Whether a fetch begins for its time, `seconds` after the start.
    private mutating func begins(_ seconds: Double) -> Bool { rules.begins(at: after(seconds)) }

    private mutating func beginsForUnknownKey(_ seconds: Double) -> Bool {
        rules.beginsForUnknownKey(at: after(seconds))
    }

    @Test mutating func `fetches at once, and one at a time`() {
        let first = begins(0), second = begins(0), third = beginsForUnknownKey(0)

        #expect(first)
        #expect(!second)
        #expect(!third)
        #expect(!rules.isUsable(at: after(0)))
    }

    @Test(arguments: [(0.0, 270.0), (0.5, 300), (1, 330)])
    mutating func `fetches again after five minutes, more or less`(luck: Double, seconds: Double) {
        _ = begins(0)
        rules.succeeded(at: after(0), luck: luck)

        let early = begins(seconds - 0.1), due = begins(seconds)

        #expect(rules.isUsable(at: after(0)))
        #expect(!early)
        #expect(due)
    }

    @Test mutating func `knows what was published when the last good fetch began, not when it ended`() {
        _ = begins(0)
        #expect(rules.asOf == nil)
        rules.succeeded(at: after(2), luck: 0.5)
        #expect(rules.asOf == after(0))

        _ = beginsForUnknownKey(60)
        rules.failed(at: after(62), luck: 0.5)
        #expect(rules.asOf == after(0))
        _ = beginsForUnknownKey(120)
        rules.succeeded(at: after(121), luck: 0.5)

        #expect(rules.asOf == after(120))
    }

    @Test mutating func `goes on elsewhere as it was, and fetches again what was under way`() {
        _ = begins(0)
        rules.succeeded(at: after(1), luck: 0.5)
        let idle = rules.takenOver(at: after(10))
        _ = beginsForUnknownKey(20)
        var busy = rules.takenOver(at: after(21))
        let fetches = busy.begins(at: after(21))

        #expect((idle.due, idle.asOf, idle.isFetching) == (rules.due, after(0), false))
        #expect(fetches)
        #expect(busy.isUsable(at: after(21)))
        #expect(busy.mayBeAsked == after(50))
    }

    @Test mutating func `waits longer after each failure, up to a minute`() {
        var waits: [Duration] = []
        var now = start
        for _ in 0..<9 {
            _ = rules.begins(at: now)
            rules.failed(at: now, luck: 1)
            waits.append(now.duration(to: rules.due))
            now = rules.due
        }

        #expect(waits == [1, 2, 4, 8, 16, 32, 60, 60, 60].map { Duration.seconds($0) })
        #expect(rules.failures == 9)
    }

    @Test mutating func `begins anew with its patience after a success`() {
        for _ in 0..<40 { rules.failed(at: start, luck: 1) }
        rules.succeeded(at: start, luck: 0.5)
        rules.failed(at: after(300), luck: 1)

        #expect(rules.due == after(301))
    }

    @Test mutating func `fetches for an unknown key once in thirty seconds`() {
        _ = begins(0)
        rules.succeeded(at: after(0), luck: 0.5)

        let asked = beginsForUnknownKey(1)
        rules.succeeded(at: after(2), luck: 0.5)
        let tooSoon = [beginsForUnknownKey(2), beginsForUnknownKey(30.9)]
        let again = beginsForUnknownKey(31)

        #expect(asked)
        #expect(tooSoon == [false, false])
        #expect(again)
        #expect(rules.mayBeAsked == after(61))
    }

    @Test mutating func `keeps to thirty seconds however often that fails`() {
        var fetches = 0
        for tenth in 0..<6000 {
            let now = after(Double(tenth) / 10)
            guard rules.beginsForUnknownKey(at: now) else { continue }
            fetches += 1
            rules.failed(at: now, luck: 0)
        }

        #expect(fetches == 20)
    }

    @Test mutating func `uses the last good keys for a day`() {
        rules.succeeded(at: start, luck: 0)
        for hour in 1..<30 { rules.failed(at: after(Double(hour) * 3600), luck: 0) }

        #expect(rules.isUsable(at: after(24 * 3600 - 1)))
        #expect(!rules.isUsable(at: after(24 * 3600)))
    }

    @Test mutating func `wakes for the next fetch, or for the end of the day`() {
        #expect(rules.next(after: start) == start)
        _ = begins(0)
        #expect(rules.next(after: start) == nil)
        rules.succeeded(at: start, luck: 0.5)
        #expect(rules.next(after: start) == after(300))

        _ = begins(300)
        #expect(rules.next(after: after(300)) == after(24 * 3600))
        rules.failed(at: after(24 * 3600 - 1), luck: 1)
        #expect(rules.next(after: after(24 * 3600 - 1)) == after(24 * 3600))
        #expect(rules.next(after: after(24 * 3600)) == after(24 * 3600))
    }
}
