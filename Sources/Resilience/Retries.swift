// The layer that tries a failed call again: where that may help, where it is safe, and never so often that it does harm.

package import Pipeline

/// `retries` of one upstream, on one loop. Used on that loop's thread only.
///
/// All calls are GET, so what a failure calls safe for idempotent ones is safe.
package final class Retries: Calls {
    private final class State {
        var random = FastRandom()
        /// Kept for the next calls: a call that needs no retry costs no memory of its own.
        var idle: [RetriedCall] = []
        var calls: BudgetedCalls

        init(_ calls: BudgetedCalls) { self.calls = calls }
    }

    private static let mostIdle = 256
    private let attempts: Int
    private let backoff: Backoff
    private let budget: SharedRetryBudget
    private let endpoints: Endpoints
    fileprivate let loop: any Timekeeper
    fileprivate let next: any Calls
    private let state: Confined<State>

    /// Must be made on the loop's thread.
    /// - Parameters:
    ///   - attempts: after the first one; at least one.
    ///   - budget, endpoints: the upstream's; all loops have the same.
    package init(
        attempts: Int, backoff: Backoff, within budget: SharedRetryBudget, of endpoints: Endpoints,
        on loop: any Timekeeper, before next: any Calls
    ) {
        self.attempts = attempts
        self.backoff = backoff
        self.budget = budget
        self.endpoints = endpoints
        self.loop = loop
        self.next = next
        state = Confined(State(BudgetedCalls(budget, at: loop.now)))
    }

    package func begin(
        _ call: Call, then end: @escaping (Result<Reply, Failure>) -> Void
    ) -> (any RunningCall)? {
        let state = state.value
        state.calls.begin(at: loop.now)
        let retried = state.idle.popLast() ?? RetriedCall(self)
        return retried.begin(call, end) ? retried : nil
    }

    fileprivate func giveBack(_ retried: RetriedCall) {
        if state.value.idle.count < Self.mostIdle { state.value.idle.append(retried) }
    }

    /// What to do after a failure.
    fileprivate enum Verdict {
        case giveUp
        /// Nothing was sent, and there is another endpoint: costs no budget, and no attempt.
        case elsewhere
        /// A kept connection had ended: costs no budget, and no attempt.
        case afresh
        case again(at: ContinuousClock.Instant)
    }

    /// - Parameter retries: how many were made for the call.
    fileprivate func verdict(on failure: Failure, of call: Call, retries: Int) -> Verdict {
        guard failure.retry != .never else { return .giveUp }
        let now = loop.now
        // When a service restarts, or a firewall on the way forgets, kept connections end by the dozen, which the budget is not
        // made for: it holds back calls of an upstream that is in trouble, and this is no sign of trouble. Nor can it become
        // a storm: once for each call, and each kept connection was left by a call that succeeded.
        if failure.isOfKeptConnection, !call.isAfresh, now < call.deadline, call.asker.takeSpareCall() {
            return .afresh
        }
        let hasOther = endpoints.hasOther(than: call.tried, at: now)
        let isUnsent = failure.retry == .always || failure.retry == .elsewhere
        if isUnsent, hasOther, now < call.deadline, call.asker.takeSpareCall() { return .elsewhere }
        guard failure.retry != .elsewhere, retries < attempts else { return .giveUp }
        var wait = backoff.wait(before: retries + 1, using: &state.value.random)
        // The wish is about the endpoint that spoke.
        if let wish = failure.retryAfter, !hasOther { wait = max(wait, wish) }
        guard now + wait < call.deadline, call.asker.takeSpareCall() else { return .giveUp }
        guard budget.admitsRetry(at: now) else {
            call.asker.giveSpareCallBack()
            return .giveUp
        }
        return .again(at: now + wait)
    }
}

/// A call that is tried until it succeeds or nothing more may be tried.
final class RetriedCall: RunningCall, Sleeper {
    private enum State {
        /// Nil for as long as the attempt is being begun.
        case trying((any RunningCall)?)
        case waiting(AlarmID)
        case idle
    }

    private unowned let retries: Retries
    private var state = State.idle
    private var call: Call?
    private var end: ((Result<Reply, Failure>) -> Void)?
    /// How often the upstream was asked in tries that have ended, and how many of these were retries in the budget's sense.
    private var ended = 0
    private var budgeted = 0
    /// While an attempt was being begun: it is ended as soon as it can be.
    private var isCancelled = false
    /// What the upstream failed with last.
    private var failure: Failure?
    /// Counts the calls that this object stood for: an end may come while an attempt is being begun, and make it another's.
    private var serial = 0

    init(_ retries: Retries) {
        self.retries = retries
    }

    /// False: it has ended already.
    func begin(_ call: Call, _ end: @escaping (Result<Reply, Failure>) -> Void) -> Bool {
        self.call = call
        self.end = end
        return attempt()
    }

    private func attempt() -> Bool {
        guard let call else { return false }
        let serial = serial
        state = .trying(nil)
        let running = retries.next.begin(call) { [self] in tryEnded($0) }
        // An attempt that ended at once may have been followed by another, which is kept already.
        guard serial == self.serial, let running else { return serial == self.serial }
        state = .trying(running)
        if isCancelled { running.cancel() }
        return serial == self.serial
    }

    private func tryEnded(_ result: Result<Reply, Failure>) {
        switch result {
        case .success(var reply):
            ended += reply.attempts
            if ended > 1 { reply.attempts = ended }
            finish(.success(reply))
        case .failure(let failure):
            ended += failure.attempts
            judge(failure)
        }
    }

    private func judge(_ failure: Failure) {
        guard !isCancelled else { return finish(.failure(isNotWanted)) }
        guard var call, failure.kind != .cancelled else { return finish(.failure(afterAll(failure))) }
        // A retry that was not let through says less than what it was made for.
        let told = failure.attempts == 0 ? self.failure ?? failure : failure
        self.failure = told
        call.tried.formUnion(failure.endpoints)
        call.unfit.formUnion(failure.unfit)
        self.call = call
        switch retries.verdict(on: failure, of: call, retries: budgeted) {
        case .giveUp: finish(.failure(afterAll(told)))
        case .elsewhere: again(.elsewhere)
        case .afresh:
            self.call?.isAfresh = true
            again(.afresh)
        case .again(let instant):
            budgeted += 1
            state = .waiting(retries.loop.setAlarm(at: instant, for: self))
        }
    }

    func wake() { again(.retry) }

    private func again(_ cause: RequestRecord.Attempt.Cause) {
        call?.becomeNext(cause, at: .now)
        // An attempt that was hedged was two.
        if let number = call?.number { call?.number = max(number, UInt8(clamping: ended + 1)) }
        _ = attempt()
    }

    var attempts: Int { if case .trying(let running?) = state { ended + running.attempts } else { ended } }

    func cancel() {
        switch state {
        case .trying(let running?): running.cancel()
        case .trying(nil): isCancelled = true
        case .waiting(let alarm):
            retries.loop.callOff(alarm)
            finish(.failure(isNotWanted))
        case .idle: break
        }
    }

    /// The call's failure: it tells of all attempts, not of the last alone.
    private func afterAll(_ failure: Failure) -> Failure {
        ended == failure.attempts ? failure : failure.after(attempts: ended)
    }

    private var isNotWanted: Failure { afterAll(.callCancelled) }

    private func finish(_ result: Result<Reply, Failure>) {
        let end = end
        state = .idle
        isCancelled = false
        (call, self.end, failure) = (nil, nil, nil)
        (ended, budgeted) = (0, 0)
        serial += 1
        retries.giveBack(self)
        end?(result)
    }
}
