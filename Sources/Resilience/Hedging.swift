// The layer that asks a second time while the first attempt is still under way, where that one takes unusually long, and
// takes the answer that is there first.

package import Pipeline
internal import Synchronization

/// What became of second attempts, for the whole process. From any thread.
package final class HedgeCounts: Sendable {
    fileprivate let won = Atomic<Int>(0)
    fileprivate let lost = Atomic<Int>(0)
    fileprivate let refused = Atomic<Int>(0)

    package init() {}

    /// Second attempts whose answer was taken, those that were made in vain, and those that were not made: because a bound was
    /// reached (the budget, what the request may cost, the upstream's places), or because there was no endpoint to ask.
    package var all: (won: Int, lost: Int, refused: Int) {
        (won.load(ordering: .relaxed), lost.load(ordering: .relaxed), refused.load(ordering: .relaxed))
    }
}

/// `hedge` of one upstream, on one loop. Used on that loop's thread only.
///
/// All calls are GET, so asking twice is safe.
package final class Hedging: Calls {
    private final class State {
        var rules: HedgeRules
        /// Nil: somebody above tells the budget of calls.
        var calls: BudgetedCalls?

        init(_ rules: HedgeRules, _ calls: BudgetedCalls?) {
            self.rules = rules
            self.calls = calls
        }
    }

    private let budget: SharedRetryBudget
    private let places: Places
    fileprivate let attempt: Duration
    fileprivate let counts: HedgeCounts
    fileprivate let loop: any Timekeeper
    fileprivate let next: any Calls
    private let state: Confined<State>

    /// Must be made on the loop's thread.
    /// - Parameters:
    ///   - budget, places: the upstream's; all loops have the same.
    ///   - attempt: how long the upstream may take for one.
    ///   - countsCalls: whether nobody above tells the budget of calls.
    ///   - next: what it returns for an attempt says to which endpoint that went.
    package init(
        _ rules: HedgeRules, within budget: SharedRetryBudget, attempt: Duration, countsCalls: Bool, places: Places,
        counts: HedgeCounts, on loop: any Timekeeper, before next: any Calls
    ) {
        self.budget = budget
        self.places = places
        self.attempt = attempt
        self.counts = counts
        self.loop = loop
        self.next = next
        state = Confined(State(rules, countsCalls ? BudgetedCalls(budget, at: loop.now) : nil))
    }

    package func begin(
        _ call: Call, then end: @escaping (Result<Reply, Failure>) -> Void
    ) -> (any RunningCall)? {
        state.value.calls?.begin(at: loop.now)
        let hedged = HedgedCall(call, by: self, end)
        return hedged.begin(after: state.value.rules.delay(at: loop.now)) ? hedged : nil
    }

    /// A first attempt took so long, or longer.
    fileprivate func took(_ time: Duration) { state.value.rules.took(time, at: loop.now) }

    /// A second attempt that was paid for at that time was not sent after all.
    fileprivate func takeBack(_ call: Call, paidAt time: ContinuousClock.Instant) {
        call.asker.giveSpareCallBack()
        budget.giveBack(admittedAt: time)
        counts.refused.wrappingAdd(1, ordering: .relaxed)
    }

    /// Whether a second attempt may be made now; if so, it is paid for.
    fileprivate func mayAskAgain(_ call: Call) -> Bool {
        // A second attempt that waited for a place, or kept a first one from it, would make a full upstream fuller.
        guard loop.now < call.deadline, places.hasRoom(for: 1, lane: call.asker.lane), call.asker.takeSpareCall() else {
            counts.refused.wrappingAdd(1, ordering: .relaxed)
            return false
        }
        guard budget.admitsHedge(at: loop.now) else {
            call.asker.giveSpareCallBack()
            counts.refused.wrappingAdd(1, ordering: .relaxed)
            return false
        }
        return true
    }
}

/// A call that is asked once, and after a while perhaps a second time.
final class HedgedCall: RunningCall, Sleeper {
    private enum Attempt {
        case notMade
        /// Nil for as long as it is being begun.
        case running((any RunningCall)?)
        case failed(Failure)

        var isRunning: Bool { if case .running = self { true } else { false } }

        func cancel() { if case .running(let running) = self { running?.cancel() } }
        func giveWay() { if case .running(let running) = self { running?.giveWay() } }
    }

    private let call: Call
    private let hedging: Hedging
    /// When the first attempt was begun, or began to wait for a place.
    private let asked: ContinuousClock.Instant
    private var first = Attempt.notMade
    private var second = Attempt.notMade
    /// When the second attempt was paid for.
    private var paid: ContinuousClock.Instant
    private var alarm: AlarmID?
    private var delay: Duration?
    /// Nil: the call has ended.
    private var end: ((Result<Reply, Failure>) -> Void)?

    fileprivate init(_ call: Call, by hedging: Hedging, _ end: @escaping (Result<Reply, Failure>) -> Void) {
        self.call = call
        self.hedging = hedging
        self.end = end
        asked = hedging.loop.now
        paid = asked
    }

    /// - Parameter delay: nil: it is not asked again.
    /// - Returns: false: it has ended already.
    fileprivate func begin(after delay: Duration?) -> Bool {
        self.delay = delay
        first = .running(nil)
        let running = hedging.next.begin(call) { [self] in firstEnded($0) }
        guard end != nil else {
            // It ended, or was cancelled while it was being begun.
            running?.cancel()
            return false
        }
        first = .running(running)
        if let delay { alarm = hedging.loop.setAlarm(at: asked + delay, for: self) }
        return true
    }

    /// The first attempt takes long, unless it had to wait for its place.
    func wake() {
        alarm = nil
        guard case .running(let running?) = first, let delay else { return }
        let now = hedging.loop.now
        // As long as it waits the upstream is not slow but full, and asking twice would be no help. It is asked again no
        // sooner than its time after now, and by then it is known when it was sent: so the time is exact all the same.
        let due = (running.endpoint == nil ? now : sent) + delay
        guard due <= now, let endpoint = running.endpoint else {
            alarm = hedging.loop.setAlarm(at: due, for: self)
            return
        }
        guard hedging.mayAskAgain(call) else { return }
        paid = now
        var again = call
        again.becomeNext(.hedge, at: .now)
        again.tried.insert(endpoint)
        second = .running(nil)
        let other = hedging.next.begin(again) { [self] in secondEnded($0) }
        // The call may have been cancelled while this was being begun: nobody else can end it then.
        if end == nil { other?.cancel() } else if second.isRunning { second = .running(other) }
    }

    /// When the first attempt was sent, if it was: a wait for a place says nothing of how long answers take.
    private var sent: ContinuousClock.Instant {
        if case .running(let running?) = first { running.waitedUntil ?? asked } else { asked }
    }

    /// Whether the first attempt was given as much time as endpoints are judged by.
    private var hadItsTime: Bool { sent.duration(to: call.deadline) >= hedging.attempt / 2 }

    private func firstEnded(_ result: Result<Reply, Failure>) {
        guard end != nil else { return }
        switch result {
        case .success(let reply):
            hedging.took(sent.duration(to: hedging.loop.now))
            first = .notMade
            countSecond()
            finish(with: reply, besides: second)
        case .failure(let failure):
            // What failed at once says nothing of how long answers take, and neither does a timeout of the client's making.
            if failure.kind == .readTimeout, hadItsTime { hedging.took(sent.duration(to: hedging.loop.now)) }
            first = .failed(failure)
            if !second.isRunning { finishFailed() }
        }
    }

    private func secondEnded(_ result: Result<Reply, Failure>) {
        guard end != nil else { return }
        switch result {
        case .success(let reply):
            second = .notMade
            if first.isRunning { hedging.took(sent.duration(to: hedging.loop.now)) }
            hedging.counts.won.wrappingAdd(1, ordering: .relaxed)
            finish(with: reply, besides: first)
        case .failure(let failure):
            second = .failed(failure)
            if failure.attempts == 0 {
                countSecond()
                // Nor can its end be the call's.
                second = .notMade
            }
            if !first.isRunning { finishFailed() }
        }
    }

    private func finish(with reply: Reply, besides other: Attempt) {
        var reply = reply
        reply.attempts += attempts(of: other)
        finish(.success(reply))
    }

    /// Neither has an answer. What the first attempt failed with is told: the second was an extra. But where that failed is
    /// told, too, so that a retry goes to a third endpoint.
    private func finishFailed() {
        guard case .failed(let failure) = first else { return }
        countSecond()
        let told = if case .failed(let other) = second { failure.besides(other) } else { failure }
        finish(.failure(told))
    }

    /// The second attempt, if one was begun, was of no use. If it was not even sent it costs nothing.
    private func countSecond() {
        let wasSent: Bool
        switch second {
        case .notMade: return
        case .running(let running): wasSent = running.map { $0.attempts > 0 } ?? true
        case .failed(let failure): wasSent = failure.attempts > 0
        }
        if wasSent {
            hedging.counts.lost.wrappingAdd(1, ordering: .relaxed)
        } else {
            hedging.takeBack(call, paidAt: paid)
        }
    }

    /// How often the upstream was asked by it.
    private func attempts(of attempt: Attempt) -> Int {
        switch attempt {
        case .notMade: 0
        case .running(let running): running?.attempts ?? 0
        case .failed(let failure): failure.attempts
        }
    }

    var attempts: Int { attempts(of: first) + attempts(of: second) }

    func cancel() {
        guard end != nil else { return }
        countSecond()
        finish(.failure(Failure.callCancelled.after(attempts: attempts)))
    }

    /// Ends the call. What still runs of it is cancelled at once; its end is nobody's.
    private func finish(_ result: Result<Reply, Failure>) {
        let end = end
        self.end = nil
        if let alarm { hedging.loop.callOff(alarm) }
        alarm = nil
        let (first, second) = (first, second)
        (self.first, self.second) = (.notMade, .notMade)
        // The second one first: it may wait for the place that the first one gives back.
        second.cancel()
        // A first attempt that still runs when there is an answer was beaten by the second one.
        if case .success = result { first.giveWay() } else { first.cancel() }
        end?(result)
    }
}
