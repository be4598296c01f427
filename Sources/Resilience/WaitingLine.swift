// Who waits for a place, in the order they came, and for how long.

/// A bounded line. Times are the caller's; whoever stands in it leaves by being next, or by itself.
package struct WaitingLine<Waiter: AnyObject> {
    private let longest: Int
    private let patience: Duration
    /// Those before `served` have had their turn. One that left by itself is nil.
    private var waiters: [Waiter?] = []
    private var served = 0
    package private(set) var count = 0

    /// - Parameters:
    ///   - longest: how many may wait.
    ///   - patience: how long each may wait.
    package init(longest: Int, patience: Duration) {
        self.longest = longest
        self.patience = patience
    }

    /// Puts one at the end, and says until when it may wait. Nil: the line is as long as it may be.
    package mutating func join(_ waiter: Waiter, at now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        guard count < longest else { return nil }
        waiters.append(waiter)
        count += 1
        return now + patience
    }

    /// Takes out who has waited longest.
    package mutating func next() -> Waiter? {
        while served < waiters.count {
            let first = waiters[served]
            waiters[served] = nil
            served += 1
            guard let first else { continue }
            count -= 1
            tidy()
            return first
        }
        return nil
    }

    /// Takes one out before its turn. False: it is not there any more.
    package mutating func leave(_ waiter: Waiter) -> Bool {
        guard let place = waiters[served...].firstIndex(where: { $0 === waiter }) else { return false }
        waiters[place] = nil
        count -= 1
        // Waits end nearly in the order they began: who is gone in front is not looked at again.
        while served < waiters.count, waiters[served] == nil { served += 1 }
        tidy()
        return true
    }

    /// Forgets who is gone, seldom enough to cost nothing.
    private mutating func tidy() {
        guard count == 0 || served > longest else { return }
        waiters.removeFirst(count == 0 ? waiters.count : served)
        served = 0
    }
}
