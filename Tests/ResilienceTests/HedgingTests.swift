// A slow call is asked a second time: when, within which bounds, and what becomes of both attempts.

import Pipeline
import Testing

@testable import Resilience

@Suite struct HedgingTests {
    @Test func `a call that is quick enough is asked once`() throws {
        let bench = HedgingBench()

        try bench.begin()
        bench.wait(19)
        bench.wire.finish(.fine)
        bench.wait(100)

        #expect(bench.attempts == (1, 0))
        #expect(bench.ends == ["200 after 1"])
        #expect(bench.loop.due.isEmpty)
        #expect(bench.figures == [0, 0, 0])
    }

    @Test func `a slow call is asked a second time, and its first answer cancels the other`() throws {
        let bench = HedgingBench()

        try bench.begin()
        bench.wait(19)
        let before = bench.attempts
        bench.wait(1)
        let after = bench.attempts
        bench.wire.begun[0].finish(.fine)

        #expect(before == (1, 1))
        #expect(after == (2, 2))
        #expect(bench.attempts == (2, 0))
        #expect(bench.ends == ["200 after 2"])
        #expect(bench.figures == [0, 1, 0])
        #expect(bench.verdicts == [.succeeded, .untold])
    }

    @Test func `the second answer may be the first to come, and the slow attempt is beaten`() throws {
        let bench = HedgingBench()

        try bench.begin()
        bench.wait(20)
        bench.wire.begun[1].finish(.fine)

        #expect(bench.attempts == (2, 0))
        #expect(bench.ends == ["200 after 2"])
        #expect(bench.figures == [1, 0, 0])
        #expect(bench.verdicts == [.succeeded, .beaten])
    }

    @Test(arguments: [0, 1])
    func `a failure of one waits for the other`(_ failing: Int) throws {
        let bench = HedgingBench()

        try bench.begin()
        bench.wait(20)
        bench.wire.begun[failing].finish(.status(503))
        let between = bench.ends
        bench.wire.begun[1 - failing].finish(.fine)

        #expect(between == [])
        #expect(bench.ends == ["200 after 2"])
        #expect(bench.figures == (failing == 0 ? [1, 0, 0] : [0, 1, 0]))
    }

    @Test(arguments: [0, 1])
    func `if both fail the first attempt's failure is told`(_ failing: Int) throws {
        let bench = HedgingBench()

        try bench.begin()
        bench.wait(20)
        bench.wire.begun[failing].finish(failing == 0 ? .status(500) : .refused())
        bench.wire.begun[1 - failing].finish(failing == 0 ? .refused() : .status(500))

        #expect(bench.ends == ["upstream_server_error after 2"])
        #expect(bench.figures == [0, 1, 0])
    }

    @Test func `a call that fails before its time is not asked again here`() throws {
        let bench = HedgingBench()

        try bench.begin()
        bench.wire.finish(.status(503))
        bench.wait(100)

        #expect(bench.attempts == (1, 0))
        #expect(bench.ends == ["upstream_server_error after 1"])
    }

    @Test func `a call that fails at once has ended`() throws {
        let bench = HedgingBench()
        bench.wire.refuses = Failure(.noPlace, .upstream("crm", part: nil), "full")

        let running = try bench.begin()

        #expect(running == nil)
        #expect(bench.ends == ["no_place after 0"])
        #expect(bench.loop.due.isEmpty)
    }

    @Test func `who leaves cancels both attempts at once`() throws {
        let bench = HedgingBench()

        let running = try #require(try bench.begin())
        bench.wait(20)
        running.cancel()

        #expect(bench.attempts == (2, 0))
        #expect(bench.ends == ["cancelled after 2"])
        #expect(bench.verdicts == [.untold, .untold])
    }

    @Test func `who leaves before the second attempt keeps it from being made`() throws {
        let bench = HedgingBench()

        let running = try #require(try bench.begin())
        running.cancel()
        bench.wait(100)

        #expect(bench.attempts == (1, 0))
        #expect(bench.ends == ["cancelled after 1"])
        #expect(bench.loop.due.isEmpty)
    }

    @Test func `who leaves while the second attempt is being begun leaves nothing behind`() throws {
        let bench = HedgingBench()

        let running = try #require(try bench.begin())
        bench.wire.whileBeginning = running.cancel
        bench.wait(20)

        #expect(bench.attempts == (2, 0))
        #expect(bench.ends == ["cancelled after 1"])
    }

    @Test func `the second attempt goes to another endpoint`() throws {
        for _ in 0..<50 {
            let bench = HedgingBench(endpoints: 2)

            try bench.begin()
            bench.wait(20)

            #expect(Set(bench.wire.begun.map(\.call.endpoint)) == [0, 1])
        }
    }

    @Test func `without another endpoint it goes to the same one`() throws {
        let bench = HedgingBench(endpoints: 1)

        try bench.begin()
        bench.wait(20)

        #expect(bench.wire.begun.map(\.call.endpoint) == [0, 0])
    }

    // MARK: Bounds

    @Test func `an upstream that is always slow gets a fifth more calls, or the minimum`() throws {
        let bench = HedgingBench(share: 0.2, minimum: 3)

        for _ in 0..<1000 {
            try bench.begin()
            bench.wait(1)
        }
        bench.wait(30)

        #expect(bench.budget.counts == (0, 0))
        #expect((1190...1203).contains(bench.attempts.begun))
        #expect(bench.counts.all.refused == 2000 - bench.attempts.begun)
    }

    @Test func `retries and second attempts share the budget and what a request may cost`() throws {
        let budget = HedgingBench(minimum: 1, retries: 3)
        let calls = HedgingBench(retries: 3)

        try budget.begin()
        try calls.begin(spare: 1)
        for bench in [budget, calls] {
            bench.wait(20)
            for attempt in bench.wire.begun { attempt.finish(.status(503)) }
            bench.wait(250)
        }

        #expect(budget.ends == ["upstream_server_error after 2"])
        #expect(calls.ends == ["upstream_server_error after 2"])
        // Each is counted with its own kind: the budget let one second attempt through and refused a retry.
        #expect(budget.budget.counts == (0, 1))
        #expect(budget.figures == [0, 1, 0])
    }

    @Test func `what failed twice is tried again, and may be asked twice again`() throws {
        let bench = HedgingBench(retries: 1)

        try bench.begin()
        bench.wait(20)
        for attempt in bench.wire.begun { attempt.finish(.status(503)) }
        bench.wait(25)
        bench.wait(20)
        bench.wire.begun[3].finish(.fine)

        #expect(bench.attempts == (4, 0))
        #expect(bench.wire.begun.map(\.call.number) == [1, 2, 3, 4])
        #expect(bench.wire.begun.map(\.call.cause) == [.first, .hedge, .retry, .hedge])
        #expect(bench.ends == ["200 after 4"])
        #expect(bench.figures == [1, 1, 0])
    }

    @Test(arguments: [503, nil])
    func `what failed at two endpoints is tried again at a third`(status: Int?) throws {
        for _ in 0..<20 {
            let bench = HedgingBench(endpoints: 3, retries: 1)

            try bench.begin()
            bench.wait(20)
            for attempt in bench.wire.begun {
                let endpoint = attempt.call.endpoint
                attempt.finish(status.map { .status($0, at: endpoint) } ?? .refused(at: endpoint))
            }
            bench.wait(25)

            #expect(Set(bench.wire.begun.prefix(3).map(\.call.endpoint)) == [0, 1, 2])
        }
    }

    @Test func `a request that may cost no more is not asked for twice, and spends no budget`() throws {
        let bench = HedgingBench()

        try bench.begin(spare: 0)
        bench.wait(20)

        #expect(bench.attempts == (1, 1))
        #expect(bench.figures == [0, 0, 1])
        #expect(bench.budget.counts == (0, 0))
    }

    @Test func `no second attempt is made where first ones would have to wait`() throws {
        let bench = HedgingBench(places: 1)

        try bench.begin()
        let isTaken = bench.places.take(0)
        bench.wait(20)

        #expect(isTaken)
        #expect(bench.attempts == (1, 1))
        #expect(bench.figures == [0, 0, 1])
    }
}
