// How many retries an upstream may cost. Without a bound, an upstream that fails gets a multiple of the calls that it
// could not bear in the first place.

internal import Synchronization

/// Retries of the last 10 s are at most a share of the calls of the last 10 s, and a few are always allowed.
package struct RetryBudget: Sendable {
    package static let window = Duration.seconds(10)

    private var share: Double
    private var minimum: Int
    private var calls = RecentCounts(window: Self.window)
    private var retries = RecentCounts(window: Self.window)

    /// - Parameters:
    ///   - share: of the calls, from 0 to 1.
    ///   - minimum: always allowed.
    package init(share: Double, minimum: Int) {
        self.share = share
        self.minimum = minimum
    }

    /// The same calls and retries, judged by other numbers.
    func judged(by other: RetryBudget) -> RetryBudget {
        var budget = self
        (budget.share, budget.minimum) = (other.share, other.minimum)
        return budget
    }

    /// So many calls began, retries not counted.
    package mutating func called(_ count: Int, at now: ContinuousClock.Instant) {
        calls.add(count, at: now)
    }

    /// Whether another retry may be made. If so, it is counted from now on, while it waits for its turn too.
    package mutating func admits(at now: ContinuousClock.Instant) -> Bool {
        let allowed = max(minimum, Int(Double(calls.totals(at: now).all) * share))
        guard retries.totals(at: now).all < allowed else { return false }
        retries.add(1, at: now)
        return true
    }

    /// A retry that was admitted at that time was not made after all.
    package mutating func giveBack(admittedAt time: ContinuousClock.Instant) { retries.takeBack(addedAt: time) }
}

/// Retries of one upstream since the beginning. From any thread.
package final class RetryTally: Sendable {
    fileprivate let made = Atomic<Int>(0)
    fileprivate let refused = Atomic<Int>(0)

    package init() {}

    /// Retries that were made, and those that the budget refused.
    package var counts: (made: Int, refused: Int) { (made.load(ordering: .relaxed), refused.load(ordering: .relaxed)) }
}

/// The budget of one upstream, for all loops. Calls are counted without a lock; a retry takes it.
package final class SharedRetryBudget: Sendable {
    private struct State {
        var budget: RetryBudget
        var handedOver: ContinuousClock.Instant?
    }

    private let called = Atomic<Int>(0)
    private let state: Mutex<State>
    private let tally: RetryTally

    /// - Parameters:
    ///   - tally: goes on from budget to budget, also where there was none between. Nil: the old budget's.
    ///   - old: the upstream's budget so far, of which only the numbers have changed: what was called and tried again
    ///     lately still counts. Calls that began with it end with it.
    package init(
        _ budget: RetryBudget, _ tally: RetryTally? = nil, after old: SharedRetryBudget? = nil
    ) {
        self.tally = tally ?? old?.tally ?? RetryTally()
        let known = old?.state.withLock(\.self)
        state = Mutex(
            known.map { State(budget: $0.budget.judged(by: budget), handedOver: $0.handedOver) }
                ?? State(budget: budget))
    }

    package var counts: (made: Int, refused: Int) { tally.counts }

    func call() { called.wrappingAdd(1, ordering: .relaxed) }

    /// Hands over what was counted. Each loop that calls does this about once in `RetryBudget.window` tenths.
    func handOver(at now: ContinuousClock.Instant) {
        state.withLock { handOver(&$0, at: now) }
    }

    /// Whether another retry may be made.
    func admitsRetry(at now: ContinuousClock.Instant) -> Bool {
        let isAdmitted = admits(at: now)
        if isAdmitted {
            tally.made.wrappingAdd(1, ordering: .relaxed)
        } else {
            tally.refused.wrappingAdd(1, ordering: .relaxed)
        }
        return isAdmitted
    }

    /// Whether a second attempt may be made. To the upstream it is a retry like any other; who makes it counts it.
    func admitsHedge(at now: ContinuousClock.Instant) -> Bool { admits(at: now) }

    func giveBack(admittedAt time: ContinuousClock.Instant) {
        state.withLock { $0.budget.giveBack(admittedAt: time) }
    }

    private func admits(at now: ContinuousClock.Instant) -> Bool {
        state.withLock { state in
            handOver(&state, at: now)
            return state.budget.admits(at: now)
        }
    }

    private func handOver(_ state: inout State, at now: ContinuousClock.Instant) {
        // What was counted by loops that then had nothing to do was not counted just now.
        let counted = state.handedOver.map { min(now, $0 + RetryBudget.window / RecentCounts.parts) } ?? now
        state.budget.called(called.exchange(0, ordering: .relaxed), at: counted)
        state.handedOver = now
    }
}

/// Calls that one loop begins, told to the upstream's budget. On that loop's thread only.
struct BudgetedCalls {
    private let budget: SharedRetryBudget
    private var handOver: ContinuousClock.Instant

    init(_ budget: SharedRetryBudget, at now: ContinuousClock.Instant) {
        self.budget = budget
        handOver = now
    }

    /// Another one. Now and then all that were counted are handed over to the rules.
    mutating func begin(at now: ContinuousClock.Instant) {
        budget.call()
        guard now >= handOver else { return }
        budget.handOver(at: now)
        handOver = now + RetryBudget.window / RecentCounts.parts
    }
}
