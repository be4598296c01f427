// How many calls one upstream gets at once, counted over all loops of the process.
//
// As long as there is room, a call costs an atomic addition when it begins and one when it ends. Only when all places are
// taken do loops meet at a lock, and only those that have calls for this upstream.

internal import Synchronization

/// The places of one upstream. May be used from any thread.
package final class Places: Sendable {
    /// Calls at once, at most.
    package let most: Int
    private let taken = Atomic<Int>(0)
    /// How many stand in `line`: what a look without the lock tells.
    private let waiting = Atomic<Int>(0)
    private let line: Mutex<WaitingLine<WaitingCall>>

    /// - Parameters:
    ///   - most: calls at once.
    ///   - queue: how many more may wait for a place.
    ///   - wait: how long each may wait.
    package init(most: Int, queue: Int, wait: Duration) {
        self.most = most
        line = Mutex(WaitingLine(longest: queue, patience: wait))
    }

    /// Calls under way, and calls that wait.
    package var inventory: (taken: Int, waiting: Int) {
        (taken.load(ordering: .relaxed), waiting.load(ordering: .relaxed))
    }

    /// Whether so many calls more would find a place each. Another loop may take it in the meantime.
    package func hasRoom(for calls: Int) -> Bool {
        waiting.load(ordering: .relaxed) == 0 && taken.load(ordering: .relaxed) + calls <= most
    }

    /// Takes a place, if there is one and nobody waits for it already.
    func take() -> Bool {
        // In this order, and `giveBack` in the other: of a call that joins the line and one that ends at the same time, at
        // least one sees the other.
        waiting.load(ordering: .sequentiallyConsistent) == 0 && takeFree()
    }

    /// Lets `waiter` wait for a place. It is told by `admit`, on whichever thread gives one back.
    /// - Returns: until when it may wait. Nil: too many wait.
    func join(_ waiter: WaitingCall, at now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        let end = line.withLock { line in
            let end = line.join(waiter, at: now)
            waiting.store(line.count, ordering: .sequentiallyConsistent)
            return end
        }
        // A place that was given back a moment ago may not have seen it.
        letIn()
        return end
    }

    /// Takes `waiter` out of the line. False: it has got a place already.
    func leave(_ waiter: WaitingCall) -> Bool {
        line.withLock { line in
            let stoodThere = line.leave(waiter)
            waiting.store(line.count, ordering: .sequentiallyConsistent)
            return stoodThere
        }
    }

    /// A call that had a place has ended.
    package func giveBack() {
        taken.wrappingSubtract(1, ordering: .sequentiallyConsistent)
        if waiting.load(ordering: .sequentiallyConsistent) > 0 { letIn() }
    }

    private func letIn() {
        while let next = firstWithPlace() { next.admit() }
    }

    private func firstWithPlace() -> WaitingCall? {
        line.withLock { line in
            guard line.count > 0, takeFree() else { return nil }
            let first = line.next()
            waiting.store(line.count, ordering: .sequentiallyConsistent)
            return first
        }
    }

    /// Never counts more than there are, not even for a moment: somebody else would be turned away because of it.
    private func takeFree() -> Bool {
        // After a store to `waiting`: see `take`.
        var count = taken.load(ordering: .sequentiallyConsistent)
        while count < most {
            let (isTaken, current) = taken.weakCompareExchange(
                expected: count, desired: count + 1, ordering: .sequentiallyConsistent)
            if isTaken { return true }
            count = current
        }
        return false
    }
}
