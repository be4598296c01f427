// Plans take turns on their loop: some are in flight, the rest wait. Tenants take turns with each other; those of one tenant
// begin in the order they came.

internal import Pipeline

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
    unowned let loop: FanOutLoop
    private var isWatching = false
    private var isLooking = false

    package init(_ rule: Rule, on loop: FanOutLoop) {
        self.rule = rule
        self.loop = loop
        windowBegan = loop.now
        sleptBefore = loop.asleep
    }

    /// Takes a turn, if there is one and nobody waits for it. `leave` gives it back.
    package func take(_ lane: Int = 0) -> Bool {
        guard queue == 0, rule.admits(lane) else { return false }
        rule.began()
        return true
    }

    /// Puts one in the line, until `instant` at most. It may be told before this returns.
    package func wait(_ waiter: TurnWaiter, until instant: ContinuousClock.Instant) {
        waiter.late = { [unowned self, unowned waiter] in finish(waiter, isTurn: false) }
        waiter.alarm = loop.setAlarm(at: instant, for: waiter)
        waiters.append(waiter, lane: waiter.lane)
        loop.line.add(1)
        if queue == 1 { beginWatching() } else { look() }
    }

    /// Takes one out of the line. It is not told.
    package func giveUp(_ waiter: TurnWaiter) { end(waiter) }

    /// The turn is over that was entered with this lane.
    package func leave(_ lane: Int = 0) {
        rule.ended(lane)
        lookAgain()
    }

    /// What the rule goes by may have changed.
    package func lookAgain() {
        if queue > 0 { look() }
    }

    /// Ends a wait. What ended already stays as it is.
    private func finish(_ waiter: TurnWaiter, isTurn: Bool) {
        guard let taker = end(waiter) else { return }
        if isTurn { rule.began() }
        taker.waited(isTurn: isTurn)
    }

    /// Nil: it has ended already.
    @discardableResult
    private func end(_ waiter: TurnWaiter) -> (any TurnTaker)? {
        guard let taker = waiter.taker else { return nil }
        waiter.taker = nil
        waiter.late = nil
        loop.line.add(-1)
        // Not there any more if it is its turn.
        _ = waiters.remove(waiter, lane: waiter.lane)
        if let alarm = waiter.alarm { loop.callOff(alarm) }
        return taker
    }

    /// Judges the window if it is over, and lets in whom the rule admits.
    private func look() {
        // Whoever is let in may end before it returns, and give its turn back: the next is let in here, not by it.
        guard !isLooking else { return }
        isLooking = true
        defer { isLooking = false }
        let length = windowBegan.duration(to: loop.now)
        if length >= Rule.window {
            rule.watched(asleep: (loop.asleep - sleptBefore) / length, waiting: queue)
            (windowBegan, sleptBefore) = (loop.now, loop.asleep)
        }
        while let waiter = waiters.next(where: { rule.admits($0) }) as? TurnWaiter { finish(waiter, isTurn: true) }
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

/// Who wants a turn.
package protocol TurnTaker: AnyObject {
    /// It is its turn, or it did not come in time.
    func waited(isTurn: Bool)
}

/// One place in the line.
package final class TurnWaiter: Sleeper {
    /// Its tenant's.
    let lane: Int
    /// Nil: its wait is over.
    fileprivate var taker: (any TurnTaker)?
    fileprivate var alarm: AlarmID?
    fileprivate var late: (() -> Void)?

    package init(_ lane: Int = 0, for taker: any TurnTaker) {
        self.lane = lane
        self.taker = taker
    }

    package func wake() {
        alarm = nil
        late?()
    }
}
