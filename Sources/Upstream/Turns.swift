// Plans take turns on their loop: some are in flight, the rest wait in the order they came.

package import Pipeline

/// Who decides how many may be in flight.
package protocol TurnRule {
    mutating func admitsArrival(waiting: Int) -> Bool
    mutating func admitsWhenIdle(waiting: Int) -> Bool
    mutating func ended(waiting: Int) -> Bool
}

/// The turns of one loop. On its thread only.
package final class Turns {
    private var rule: any TurnRule
    private var waiting: [Waiter] = []
    /// Waiters before it were let in or left.
    private var first = 0
    private var left = 0
    private unowned let loop: FanOutLoop

    package init(_ rule: any TurnRule, on loop: FanOutLoop) {
        self.rule = rule
        self.loop = loop
    }

    /// How many wait.
    package var queue: Int { waiting.count - first - left }

    /// Returns when it is the caller's turn; `leave` gives it back.
    /// - Throws: `deadlineExceeded` if it does not come by `deadline`; `cancelled`.
    package func enter(by deadline: ContinuousClock.Instant) async throws(Failure) {
        if rule.admitsArrival(waiting: queue) { return }
        let waiter = Confined(Waiter())
        let turns = Confined(self)
        let end = await withTaskCancellationHandler {
            await withUnsafeContinuation { turns.value.append(waiter.value, $0, until: deadline) }
        } onCancel: { [loop] in
            if loop.isCurrent {
                turns.value.give(up: waiter.value, .cancelled)
            } else {
                loop.submit { turns.value.give(up: waiter.value, .cancelled) }
            }
        }
        switch end {
        case .turn: return
        case .late:
            throw Failure(.deadlineExceeded, .gateway, "The deadline passed while the request waited for its turn.")
        case .cancelled: throw Failure(.cancelled, .gateway, "The request was cancelled while it waited.")
        }
    }

    /// The turn is over.
    package func leave() {
        if rule.ended(waiting: queue) { letIn() }
    }

    private func append(
        _ waiter: Waiter, _ continuation: UnsafeContinuation<Waiter.End, Never>, until deadline: ContinuousClock.Instant
    ) {
        if let end = waiter.end { return continuation.resume(returning: end) }
        waiter.continuation = continuation
        waiter.turns = self
        waiter.alarm = loop.setAlarm(at: deadline, for: waiter)
        waiting.append(waiter)
        if queue == 1 { loop.whenIdle { [unowned self] in idle() } }
    }

    private func idle() -> Bool {
        guard rule.admitsWhenIdle(waiting: queue) else { return false }
        letIn()
        return true
    }

    /// Lets the one in that waits longest; the rule has counted it.
    private func letIn() {
        while first < waiting.count {
            let waiter = waiting[first]
            first += 1
            if waiter.end != nil {
                left -= 1
                continue
            }
            finish(waiter, .turn)
            break
        }
        forgetOldest()
    }

    fileprivate func give(up waiter: Waiter, _ end: Waiter.End) {
        guard waiter.end == nil else { return }
        if waiter.continuation == nil { return waiter.end = end }
        left += 1
        finish(waiter, end)
        forgetOldest()
    }

    private func finish(_ waiter: Waiter, _ end: Waiter.End) {
        waiter.end = end
        if let alarm = waiter.alarm { loop.callOff(alarm) }
        waiter.alarm = nil
        waiter.continuation?.resume(returning: end)
        waiter.continuation = nil
    }

    /// Keeps the list short: an empty one begins anew, a long one loses those who are served.
    private func forgetOldest() {
        if queue == 0 {
            waiting.removeAll(keepingCapacity: true)
            (first, left) = (0, 0)
            loop.whenIdle(nil)
        } else if first > 1024 {
            waiting.removeFirst(first)
            first = 0
        }
    }
}

/// A task that waits for its turn.
fileprivate final class Waiter: Sleeper {
    enum End { case turn, late, cancelled }

    var continuation: UnsafeContinuation<End, Never>?
    var alarm: AlarmID?
    var end: End?
    weak var turns: Turns?

    func wake() {
        alarm = nil
        turns?.give(up: self, .late)
    }
}
