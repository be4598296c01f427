// Answers that are given again: how old they may get, which they are, and to whom they are given.

import Pipeline
import Testing

@testable import Resilience

@Suite struct KeptAnswersTests {
    private let bench = KeptAnswersBench()

    // MARK: Age

    @Test func `is given again until it is as old as is allowed, and not a nanosecond longer`() {
        let memory = bench.memory()
        bench.keep(bench.answer(), in: memory)

        bench.loop.advance(by: .milliseconds(500))
        let atTheLimit = bench.leader(memory)
        bench.loop.advance(by: .nanoseconds(1))
        let beyond = bench.leader(memory)

        #expect(atTheLimit == "a")
        #expect(beyond == nil)
        #expect(bench.count.value == 1)
    }

    @Test func `is as old as its run, not as its end`() {
        let memory = bench.memory()
        bench.keep(bench.answer(began: .milliseconds(300)), in: memory)

        bench.loop.advance(by: .milliseconds(200))
        let atTheLimit = bench.leader(memory)
        bench.loop.advance(by: .nanoseconds(1))

        #expect(atTheLimit == "a")
        #expect(bench.leader(memory) == nil)
    }

    @Test func `of a run that took longer than that nothing is kept`() {
        let memory = bench.memory()

        bench.keep(bench.answer("exactly", began: .milliseconds(500)), in: memory, "/1")
        bench.keep(bench.answer("longer", began: .nanoseconds(500_000_001)), in: memory, "/2")

        #expect(bench.leader(memory, "/1") == "exactly")
        #expect(memory.kept == 1)
    }

    // MARK: What

    @Test(
        arguments: [
            .missing(.readTimeout), .stale(.serverError, age: .seconds(1)), .failed(.serverError), .cancelled,
        ] as [RequestRecord.Outcome])
    func `what is not whole is not kept`(outcome: RequestRecord.Outcome) {
        let memory = bench.memory()

        bench.keep(bench.answer(of: [bench.part(), bench.part(outcome)]), in: memory)

        #expect(memory.kept == 0)
        #expect(bench.room.bytes == 0)
    }

    @Test(arguments: [.fetched, .skipped, .gone] as [RequestRecord.Outcome])
    func `what is whole is kept`(outcome: RequestRecord.Outcome) {
        let memory = bench.memory()

        bench.keep(bench.answer(of: [bench.part(), bench.part(outcome)]), in: memory)

        #expect(bench.leader(memory) == "a")
    }

    @Test func `what shares a call that another run had begun is not kept`() {
        let memory = bench.memory()

        bench.keep(bench.answer(of: [bench.part(), bench.part(coalescedWith: "other")]), in: memory)

        #expect(memory.kept == 0)
    }

    @Test func `failures are not kept, neither of a run nor of its plan`() {
        let memory = bench.memory()
        let failure = Failure(.recordNotFound, .upstream("crm", part: nil), "no such record")

        memory.keep(.failure(failure), "/1", KeptAnswersBench.someone, at: bench.loop.now)
        bench.keep(PlanAnswer(.failure(failure), parts: [bench.part()], leader: "a", began: bench.loop.now), in: memory)

        #expect(memory.kept == 0)
    }

    @Test func `what comes of a later run takes its place, or nothing does`() {
        let memory = bench.memory()
        bench.keep(bench.answer("first", began: .milliseconds(20)), in: memory)
        bench.keep(bench.answer("second", began: .milliseconds(10)), in: memory)
        let later = bench.leader(memory)
        bench.keep(bench.answer("third", of: [bench.part(.missing(.readTimeout))]), in: memory)

        #expect(later == "second")
        #expect(bench.leader(memory) == nil)
        #expect(bench.room.bytes == 0)
    }

    @Test func `what was begun sooner never follows what was begun later`() {
        let memory = bench.memory()
        bench.keep(bench.answer("later", began: .milliseconds(10)), in: memory)
        bench.keep(bench.answer("sooner", began: .milliseconds(11)), in: memory)

        #expect(bench.leader(memory) == "later")
    }

    // MARK: To whom

    @Test(arguments: [
        CoalescingBench.someone(tenant: "u"), CoalescingBench.someone(scopes: []),
        CoalescingBench.someone(scopes: ["read", "write"]), CoalescingBench.someone(scopes: ["write"]),
        CoalescingBench.someone(workspace: "w"), CoalescingBench.someone(workspace: ""),
    ])
    func `another tenant, another scope, another workspace get nothing of it`(other: Principal) {
        let memory = bench.memory()
        bench.keep(bench.answer(), in: memory)

        #expect(bench.leader(memory, by: other) == nil)
        #expect(bench.leader(memory) == "a")
    }

    @Test func `another path gets nothing of it, another key with the same rights does`() {
        let memory = bench.memory()
        bench.keep(bench.answer(), in: memory)

        #expect(bench.leader(memory, "/2") == nil)
        #expect(bench.leader(memory, by: CoalescingBench.someone(key: "k2")) == "a")
    }
}
