// Who waits for a place, in an order that is fair between tenants, and for how long.

internal import Pipeline

/// A bounded line. Times are the caller's; whoever stands in it leaves by being next, or by itself.
package struct WaitingLine<Waiter: AnyObject> {
    private let longest: Int
    private let patience: Duration
    private var line = FairLine()

    /// - Parameters:
    ///   - longest: how many may wait.
    ///   - patience: how long each may wait.
    package init(longest: Int, patience: Duration) {
        self.longest = longest
        self.patience = patience
    }

    package var count: Int { line.count }

    /// Puts one at the end of its lane, and says until when it may wait. Nil: the line is as long as it may be.
    package mutating func join(
        _ waiter: Waiter, lane: Int = 0, at now: ContinuousClock.Instant
    ) -> ContinuousClock.Instant? {
        guard count < longest else { return nil }
        line.append(waiter, lane: lane)
        return now + patience
    }

    /// Takes out one whose lane has more waiting than `lane` would have with one more: who came last of the longest. Nil:
    /// there is room anyway, or no such lane.
    package mutating func makeRoom(for lane: Int) -> Waiter? {
        guard count >= longest, let longest = line.longestLane, line.count(in: longest) > line.count(in: lane) + 1
        else {
            return nil
        }
        return line.removeLast(of: longest) as? Waiter
    }

    /// Takes out whose turn it is among the lanes that are admitted.
    package mutating func next(where admits: (Int) -> Bool = { _ in true }) -> Waiter? {
        line.next(where: admits) as? Waiter
    }

    /// Takes one out before its turn. False: it is not there any more.
    package mutating func leave(_ waiter: Waiter, lane: Int = 0) -> Bool {
        line.remove(waiter, lane: lane)
    }
}
