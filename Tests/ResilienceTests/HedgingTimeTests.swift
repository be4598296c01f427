// From when a call's time runs until it is asked a second time, and what is taken for the time that calls usually take.

import Pipeline
import Testing

@testable import Resilience

@Suite struct HedgingTimeTests {
    @Test(arguments: [1, 19, 39, 500])
    func `a call's time runs from its place, however long it waited for that`(_ wait: Int) throws {
        let bench = HedgingBench(places: 2, queue: 1)

        try bench.begin(afterWaiting: wait)
        bench.wait(19)
        let soon = bench.attempts
        bench.wait(1)

        #expect(soon == (1, 1))
        #expect(bench.attempts == (2, 2))
    }

    @Test func `how long a call waited says nothing of how long calls take`() throws {
        let bench = HedgingBench(.p95, places: 2, queue: 1)
        for number in 0..<UsualTime.p95.step {
            try bench.begin(afterWaiting: 90)
            bench.wait(5)
            // It does not matter how it ends.
            bench.wire.finish(number.isMultiple(of: 2) ? .fine : .late)
        }

        try bench.begin()
        bench.wait(4)
        let soon = bench.attempts.running
        bench.wait(1)

        #expect(soon == 1)
        #expect(bench.attempts.running == 2)
    }

    @Test(arguments: [(499, 0, 1), (500, 0, 2), (590, 91, 1), (590, 90, 2)])
    func `a timeout counts only where the call had its time, which is half of an attempt's at least`(
        _ given: Int, _ waited: Int, _ running: Int
    ) throws {
        let bench = HedgingBench(.p95, places: 2, queue: 1)
        for _ in 0..<UsualTime.p95.step {
            try bench.begin(afterWaiting: waited, within: .milliseconds(given))
            bench.wait(5)
            bench.wire.finish(.late)
        }

        try bench.begin()
        bench.wait(1000)

        #expect(bench.attempts.running == running)
    }
}
