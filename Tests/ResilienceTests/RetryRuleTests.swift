// How many retries an upstream may cost, and how long they wait, by a made-up clock.

import Pipeline
import Testing

@testable import Resilience

struct RetryRuleTests {
    private let start = ContinuousClock.now

    /// How many of `wanted` retries are admitted at an instant.
    private func admitted(_ wanted: Int, by budget: inout RetryBudget, at now: ContinuousClock.Instant) -> Int {
        (0..<wanted).count { _ in budget.admits(at: now) }
    }

    // MARK: What was counted lately

    @Test func `a window holds what is younger than its length, and nothing else`() {
        var counts = RecentCounts(window: .seconds(10))
        counts.add(3, marked: 1, at: start)

        let within = counts.totals(at: start + .milliseconds(9_999))
        let after = counts.totals(at: start + .seconds(10))

        #expect(within == (3, 1))
        #expect(after == (0, 0))
    }

    @Test func `a window forgets part by part`() {
        var counts = RecentCounts(window: .seconds(10))
        for second in 0..<10 { counts.add(1, at: start + .seconds(second)) }

        let totals = (10..<20).map { counts.totals(at: start + .seconds($0)).all }

        #expect(totals == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
    }

    @Test func `what comes a part late is still counted`() {
        var counts = RecentCounts(window: .seconds(10))
        counts.add(1, at: start + .seconds(5))
        counts.add(2, at: start + .milliseconds(4_500))

        let total = counts.totals(at: start + .seconds(6)).all

        #expect(total == 3)
    }

    @Test(arguments: [(0, 4), (1, 4), (9, 4), (10, 3)])
    func `what is taken back does not count, unless it is forgotten already`(_ second: Int, _ left: Int) {
        var counts = RecentCounts(window: .seconds(10))
        let later = start + .seconds(second)
        counts.add(2, at: start)
        counts.add(3, at: later)

        counts.takeBack(addedAt: start)
        let total = counts.totals(at: later).all

        #expect(total == left)
    }

    @Test func `what came late is taken back where it was counted`() {
        var counts = RecentCounts(window: .seconds(10))
        counts.add(1, at: start + .seconds(5))
        counts.add(1, at: start + .milliseconds(4_500))

        for _ in 0..<3 { counts.takeBack(addedAt: start + .milliseconds(4_500)) }

        let total = counts.totals(at: start + .seconds(6)).all
        #expect(total == 0)
    }

    // MARK: The budget

    @Test func `other numbers judge what has been counted`() {
        let old = SharedRetryBudget(RetryBudget(share: 0, minimum: 2))
        let before = (0..<3).count { _ in old.admitsRetry(at: start) }

        let wider = SharedRetryBudget(RetryBudget(share: 0, minimum: 5), after: old)
        let after = (0..<10).count { _ in wider.admitsRetry(at: start) }

        #expect(before == 2)
        #expect(after == 3)
        #expect(wider.counts == (5, 8))
    }

    @Test(arguments: [(0, 3), (14, 3), (15, 3), (19, 3), (20, 4), (24, 4), (25, 5), (1000, 200)])
    func `a fifth of the calls, rounded down, and always the minimum`(_ calls: Int, _ retries: Int) {
        var budget = RetryBudget(share: 0.2, minimum: 3)
        budget.called(calls, at: start)

        let admitted = admitted(1000, by: &budget, at: start)

        #expect(admitted == retries)
    }

    @Test func `what was spent comes back when it is ten seconds old`() {
        var budget = RetryBudget(share: 0.2, minimum: 3)
        _ = admitted(3, by: &budget, at: start)

        let before = admitted(10, by: &budget, at: start + .milliseconds(9_999))
        let after = admitted(10, by: &budget, at: start + .seconds(10))

        #expect(before == 0)
        #expect(after == 3)
    }

    @Test func `old calls buy no retries`() {
        var budget = RetryBudget(share: 0.2, minimum: 0)
        budget.called(100, at: start)

        let now = admitted(100, by: &budget, at: start + .milliseconds(9_999))
        let later = admitted(100, by: &budget, at: start + .seconds(20))

        #expect(now == 20)
        #expect(later == 0)
    }

    @Test func `a share and a minimum of nothing allow nothing`() {
        var budget = RetryBudget(share: 0, minimum: 0)
        budget.called(1000, at: start)

        let admitted = admitted(10, by: &budget, at: start)

        #expect(admitted == 0)
    }

    @Test func `many threads share one budget`() async {
        let budget = SharedRetryBudget(RetryBudget(share: 0.2, minimum: 3))
        let start = start
        let admitted = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var admitted = 0
                    for _ in 0..<1000 {
                        budget.call()
                        if budget.admitsRetry(at: start) { admitted += 1 }
                    }
                    return admitted
                }
            }
            return await group.reduce(0, +)
        }

        #expect((780...800).contains(admitted))
        #expect(budget.counts == (admitted, 4000 - admitted))
    }

    // MARK: The wait

    @Test func `the longest wait doubles up to its cap`() {
        let backoff = Backoff(base: .milliseconds(25), cap: .milliseconds(250))

        let longest = (1...6).map { backoff.longest(before: $0).milliseconds }

        #expect(longest == [25, 50, 100, 200, 250, 250])
        #expect(backoff.longest(before: 1000) == .milliseconds(250))
    }

    @Test func `the wait is spread over all of its range`() {
        let backoff = Backoff(base: .milliseconds(100), cap: .milliseconds(100))
        var random = FastRandom(seed: 1)

        let waits = (0..<1000).map { _ in backoff.wait(before: 1, using: &random).milliseconds }

        #expect(waits.allSatisfy { (0...100).contains($0) })
        for tenth in 0..<10 { #expect(waits.count { $0 / 10 == tenth } > 60) }
    }

    @Test func `the same numbers give the same wait`() {
        let backoff = Backoff(base: .milliseconds(25), cap: .milliseconds(250))
        var one = FastRandom(seed: 7), other = FastRandom(seed: 7)

        let waits = (1...5).map { (backoff.wait(before: $0, using: &one), backoff.wait(before: $0, using: &other)) }

        #expect(waits.allSatisfy { $0 == $1 })
    }

    @Test func `no base is no wait`() {
        var random = FastRandom(seed: 1)

        #expect(Backoff(base: .zero, cap: .zero).wait(before: 9, using: &random) == .zero)
        #expect(Backoff(base: .zero, cap: .seconds(1)).longest(before: 9) == .zero)
    }
}
