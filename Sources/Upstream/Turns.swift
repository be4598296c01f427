// Plans take turns on their loop: some are in flight, the rest wait. Tenants take turns with each other; those of one tenant
// begin in the order they came.

package import Pipeline

/// Who decides how many may be in flight. All that is told or asked concerns one loop.
package protocol TurnRule: Sendable {
    /// How long is watched at a time.
    static var window: Duration { get }

    /// Whether another one of a tenant's lane may begin; if so, it is counted.
    mutating func admits(_ lane: Int) -> Bool
    /// One that was let in goes on, before anything else happens on the loop.
    mutating func began()
    mutating func ended(_ lane: Int)
    /// - Parameter asleep: the share of the last window that the loop slept, from 0 to 1.
    mutating func watched(asleep: Double, waiting: Int)
}

extension TurnRule {
    package mutating func began() {}
}

/// The turns of one loop. On its thread only.
package final class Turns<Rule: TurnRule> {
    private var rule: Rule
    private var waiters = FairLine()
    /// How many wait.
    package var queue: Int { waiters.count }
    private var windowBegan: ContinuousClock.Instant
    private var sleptBefore: Duration
    private unowned let loop: FanOutLoop
    private var isWatching = false

    package init(_ rule: Rule, on loop: FanOutLoop) {
        self.rule = rule
        self.loop = loop
        windowBegan = loop.now
        sleptBefore = loop.asleep
    }

    /// Returns when it is the caller's turn; `leave` gives it back.
    /// - Throws: `deadlineExceeded` if it does not come by `deadline`; `clientGone` if the task is cancelled.
    package func enter(_ lane: Int = 0, by deadline: ContinuousClock.Instant) async throws(Failure) {
        guard try await enter(lane, until: deadline) else {
            throw Failure(.deadlineExceeded, .gateway, "The deadline passed while the request waited for its turn.")
        }
    }

    /// Returns true when it is the caller's turn; false: it did not come by `instant`, and nothing is to be given back.
    /// - Throws: `clientGone` if the task is cancelled.
    package func enter(_ lane: Int = 0, until instant: ContinuousClock.Instant) async throws(Failure) -> Bool {
        if queue == 0, rule.admits(lane) {
            rule.began()
            return true
        }
        let waiter = Confined(Waiter(lane))
        let turns = Confined(self)
        let end = await withTaskCancellationHandler {
            await withUnsafeContinuation { turns.value.append(waiter.value, $0, until: instant) }
        } onCancel: { [loop] in
            loop.perform { turns.value.finish(waiter.value, .cancelled) }
        }
        switch end {
        case .turn:
            rule.began()
            return true
        case .late:
            return false
        case .cancelled:
            throw Failure(.clientGone, .downstream, "The client left while its request waited for its turn.")
        }
    }

    /// The turn is over that was entered with this lane.
    package func leave(_ lane: Int = 0) {
        rule.ended(lane)
        lookAgain()
    }

    /// What the rule goes by may have changed.
    package func lookAgain() {
        if queue > 0 { look() }
    }

    private func append(
        _ waiter: Waiter, _ continuation: UnsafeContinuation<Waiter.End, Never>, until deadline: ContinuousClock.Instant
    ) {
        if let end = waiter.end { return continuation.resume(returning: end) }
        waiter.continuation = continuation
        waiter.late = { [unowned self, unowned waiter] in finish(waiter, .late) }
        waiter.alarm = loop.setAlarm(at: deadline, for: waiter)
        waiters.append(waiter, lane: waiter.lane)
        if queue == 1 { beginWatching() } else { look() }
    }

    /// Ends a wait, whyever. What ended already stays as it is.
    private func finish(_ waiter: Waiter, _ end: Waiter.End) {
        guard waiter.end == nil else { return }
        waiter.end = end
        guard let continuation = waiter.continuation else { return }
        // Not there any more if it is its turn.
        _ = waiters.remove(waiter, lane: waiter.lane)
        if let alarm = waiter.alarm { loop.callOff(alarm) }
        waiter.continuation = nil
        waiter.late = nil
        continuation.resume(returning: end)
    }

    /// Judges the window if it is over, and lets in whom the rule admits.
    private func look() {
        let length = windowBegan.duration(to: loop.now)
        if length >= Rule.window {
            rule.watched(asleep: (loop.asleep - sleptBefore) / length, waiting: queue)
            (windowBegan, sleptBefore) = (loop.now, loop.asleep)
        }
        while let waiter = waiters.next(where: { rule.admits($0) }) as? Waiter { finish(waiter, .turn) }
    }

    /// When nobody waited the time before says nothing.
    private func beginWatching() {
        (windowBegan, sleptBefore) = (loop.now, loop.asleep)
        guard !isWatching else { return }
        isWatching = true
        loop.setAlarm(at: loop.now + Rule.window, for: self)
    }
}

extension Turns: Sleeper {
    /// Looks once a window while somebody waits: plans that hang end none, and still others may have to be let in.
    package func wake() {
        look()
        guard queue > 0 else { return isWatching = false }
        loop.setAlarm(at: loop.now + Rule.window, for: self)
    }
}

/// A task that waits for its turn.
private final class Waiter: Sleeper {
    enum End { case turn, late, cancelled }

    /// Its tenant's.
    let lane: Int
    var continuation: UnsafeContinuation<End, Never>?
    var alarm: AlarmID?
    var late: (() -> Void)?
    var end: End?

    init(_ lane: Int) { self.lane = lane }

    func wake() {
        alarm = nil
        late?()
    }
}
