// How many plans one loop works on at once: the rule on made-up values.

import Pipeline
import Resilience
import Testing

struct PlanLimitTests {
    private func full(_ limit: inout PlanLimit) -> Int {
        var count = 0
        while limit.admits() { count += 1 }
        return count
    }

    @Test func `lets as many in as may always be in flight, and no more`() {
        var limit = PlanLimit()

        let admitted = full(&limit)

        #expect(admitted == PlanLimit.least)
        #expect(limit.inFlight == PlanLimit.least)
    }

    @Test func `gives a place on when one has ended`() {
        var limit = PlanLimit()
        _ = full(&limit)

        limit.ended()
        let next = limit.admits()
        let another = limit.admits()

        #expect(next)
        #expect(!another)
    }

    @Test func `opens up while the loop sleeps and plans wait, from the least to thousands in a few windows`() {
        var limit = PlanLimit()
        var windows = 0

        while limit.limit < 5000 {
            limit.watched(asleep: 0.9, waiting: 1)
            windows += 1
        }

        #expect(windows <= 16)
    }

    @Test(arguments: [(0.0, 100), (0.09, 1), (0.0, 0), (0.9, 0), (0.3, 0)])
    func `closes again down to the least when the loop is busy or nobody waits`(asleep: Double, waiting: Int) {
        var limit = PlanLimit()
        for _ in 0..<5 { limit.watched(asleep: 1, waiting: 1) }
        let opened = limit.limit

        limit.watched(asleep: asleep, waiting: waiting)
        let once = limit.limit
        for _ in 0..<100 { limit.watched(asleep: asleep, waiting: waiting) }

        #expect(once < opened)
        #expect(once > PlanLimit.least)
        // Steps of a tenth end where a tenth is nothing, never below the least.
        #expect(limit.limit == PlanLimit.least)
    }

    @Test(arguments: [0.1, 0.2, 0.25])
    func `stays as it is between busy and idle`(asleep: Double) {
        var limit = PlanLimit()
        limit.watched(asleep: 1, waiting: 1)
        let opened = limit.limit

        limit.watched(asleep: asleep, waiting: 10)

        #expect(limit.limit == opened)
    }

    @Test func `opens as soon as more than a quarter of the time is slept while a plan waits`() {
        var limit = PlanLimit()

        limit.watched(asleep: 0.26, waiting: 1)

        #expect(limit.limit == PlanLimit.least * 3 / 2)
    }

    @Test func `lets a tenant with few plans begin beside one that has all turns`() {
        var limit = PlanLimit()
        while limit.admits(1) {}

        let others = (0..<6).map { _ in limit.admits(2) }
        let same = limit.admits(1)
        limit.ended(1)
        let sameLater = limit.admits(1)
        let otherLater = limit.admits(3)

        #expect(others == [true, true, true, true, false, false])
        #expect(!same)
        #expect(!sameLater)
        #expect(otherLater)
    }

    @Test func `ends no plan when it closes, and admits none until there is room`() {
        var limit = PlanLimit()
        for _ in 0..<3 { limit.watched(asleep: 1, waiting: 1) }
        let inFlight = full(&limit)

        for _ in 0..<50 { limit.watched(asleep: 0, waiting: 1) }
        let admitted = (0..<(inFlight - PlanLimit.least)).map { _ in
            limit.ended()
            return limit.admits()
        }

        #expect(limit.inFlight == PlanLimit.least)
        #expect(admitted.allSatisfy { !$0 })
    }
}
