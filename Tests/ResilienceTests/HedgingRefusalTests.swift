// Second attempts that were to be made and could not be: what they cost, and how they are counted.

import Pipeline
import Testing

@testable import Resilience

@Suite struct HedgingRefusalTests {
    @Test func `a second attempt that cannot begin is no end of the first`() throws {
        let bench = HedgingBench()

        try bench.begin()
        bench.wire.refuses = Failure(.circuitOpen, .upstream("crm", part: nil), "open")
        bench.wait(20)
        let between = bench.ends
        bench.wire.begun[0].finish(.fine)

        #expect(between == [])
        #expect(bench.ends == ["200 after 1"])
        #expect(bench.figures == [0, 0, 1])
    }

    @Test(arguments: [Failure.Kind.circuitOpen, .noEndpoint, .noPlace])
    func `a second attempt that cannot begin costs neither the upstream nor the request`(_ kind: Failure.Kind) throws {
        let bench = HedgingBench(minimum: 1)
        let asked = try call(spare: 1, at: bench.loop.now)

        for _ in 0..<3 {
            bench.wire.refuses = nil
            bench.begin(asked)
            bench.wire.refuses = Failure(kind, .upstream("crm", part: nil), "none")
            bench.wait(20)
        }
        bench.wire.refuses = nil
        bench.begin(asked)
        bench.wait(20)

        #expect(bench.figures == [0, 0, 3])
        #expect(bench.attempts == (5, 5))
    }

    @Test(arguments: [true, false])
    func `a second attempt that waits for a place in vain costs nothing either`(_ isCancelled: Bool) throws {
        let bench = HedgingBench(minimum: 1, line: Places(most: 1, queue: 1, wait: .seconds(1)))
        let asked = try call(spare: 1, at: bench.loop.now)

        let running = bench.begin(asked)
        bench.wait(20)
        if !isCancelled { bench.wait(1000) }
        if isCancelled { running?.cancel() } else { bench.wire.finish(.fine) }

        #expect(bench.ends == [isCancelled ? "cancelled after 1" : "200 after 1"])
        #expect(bench.attempts == (1, 0))
        #expect(bench.figures == [0, 0, 1])
        #expect(asked.asker.takeSpareCall())
        #expect(bench.budget.admitsHedge(at: bench.loop.now))
    }
}
