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
        let failure = Failure(.readTimeout, .upstream("crm", part: nil), "no answer")

        memory.keep(.failure(failure), "/1", KeptAnswersBench.someone, at: bench.loop.now)
        bench.keep(PlanAnswer(.failure(failure), parts: [bench.part()], leader: "a", began: bench.loop.now), in: memory)

        #expect(memory.kept == 0)
    }

    @Test func `what comes of a later run takes its place`() {
        let memory = bench.memory()
        bench.keep(bench.answer("first", began: .milliseconds(20)), in: memory)
        bench.keep(bench.answer("second", began: .milliseconds(10)), in: memory)

        #expect(bench.leader(memory) == "second")
        #expect(memory.kept == 1)
    }

    @Test func `a run that brought nothing to be kept says nothing about what is`() {
        let memory = bench.memory()
        let failure = Failure(.cancelled, .downstream, "the client left")
        bench.keep(bench.answer(), in: memory)

        bench.keep(bench.answer("b", of: [bench.part(.missing(.readTimeout))]), in: memory)
        bench.keep(bench.answer("c", of: [bench.part(coalescedWith: "a")]), in: memory)
        memory.keep(.failure(failure), "/1", KeptAnswersBench.someone, at: bench.loop.now)
        bench.keep(PlanAnswer(.failure(failure), parts: [], leader: "d", began: bench.loop.now), in: memory)

        #expect(bench.leader(memory) == "a")
    }

    @Test(arguments: [.recordNotFound, .wrongTenant, .unexpectedStatus] as [Failure.Kind])
    func `what an upstream disproved does not come back, not even by a run that had begun before`(kind: Failure.Kind) {
        let memory = bench.memory()
        let failure = Failure(kind, .upstream("conversations", part: nil), "not there")
        bench.keep(bench.answer("before"), in: memory)
        bench.loop.advance(by: .milliseconds(20))

        bench.keep(PlanAnswer(.failure(failure), parts: [], leader: "b", began: bench.loop.now), in: memory)
        let then = bench.leader(memory)
        bench.loop.advance(by: .milliseconds(10))
        bench.keep(bench.answer("had begun", began: .milliseconds(11)), in: memory)
        let late = bench.leader(memory)
        bench.keep(bench.answer("began then", began: .milliseconds(10)), in: memory)

        #expect(then == nil && late == nil)
        #expect(bench.leader(memory) == "began then")
    }

    @Test func `a part that is not for the caller any more disproves as well`() {
        let memory = bench.memory()
        bench.keep(bench.answer(), in: memory)

        bench.keep(bench.answer("b", of: [bench.part(.missing(.unexpectedStatus))]), in: memory)

        #expect(bench.leader(memory) == nil)
    }

    @Test func `what was disproved is remembered for no longer than it matters`() {
        let memory = bench.memory()
        let failure = Failure(.recordNotFound, .upstream("conversations", part: nil), "not there")
        bench.keep(PlanAnswer(.failure(failure), parts: [], leader: "b", began: bench.loop.now), in: memory)

        bench.loop.advance(by: .milliseconds(1001))

        #expect(memory.kept == 0)
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
