// How many calls one upstream gets at once, counted over all loops of the process, and how they are shared by tenants.
//
// As long as there is room, a call costs two atomic additions when it begins and two when it ends. Only when all places are
// taken do loops meet at a lock, and only those that have calls for this upstream.

internal import Pipeline
internal import Synchronization

/// The places of one upstream. May be used from any thread.
///
/// A tenant that is alone may have all of them. While several call, the last quarter is for those who have less than a
/// quarter: so whoever fills all others with slow calls still finds the next tenant served.
package final class Places: Sendable {
    /// How long after a tenant changed others are taken to be there.
    private static let memory = Duration.seconds(60)

    /// What finds out how many calls the upstream can bear; nil: they are always the same.
    let adaptive: AdaptiveLimit?
    private let most: Atomic<Int>

    /// Calls at once, at most.
    package var limit: Int { most.load(ordering: .relaxed) }
    /// Of three places none is kept back.
    private static func reserve(of limit: Int) -> Int { limit / 4 }
    /// Each tenant has a share of one at least.
    private static func share(of limit: Int) -> Int { max(1, limit / 4) }

    private let taken = Atomic<Int>(0)
    private let byLane = LaneCounts()
    /// Of the last call.
    private let lastLane = Atomic<Int>(-1)
    /// Nanoseconds since `start`, until when several tenants are taken to be there.
    private let sharedUntil = Atomic<Int64>(0)
    private let start = ContinuousClock.now
    /// How many stand in `line`: what a look without the lock tells.
    private let waiting = Atomic<Int>(0)
    private let line: Mutex<WaitingLine<WaitingCall>>

    /// - Parameters:
    ///   - most: calls at once.
    ///   - isAdaptive: whether as many are only allowed while they do not make the upstream slow.
    ///   - queue: how many more may wait for a place.
    ///   - wait: how long each may wait.
    package init(most: Int, isAdaptive: Bool = false, queue: Int, wait: Duration) {
        adaptive = isAdaptive ? AdaptiveLimit(most: most) : nil
        self.most = Atomic(adaptive?.limit ?? most)
        line = Mutex(WaitingLine(longest: queue, patience: wait))
    }

    /// Calls under way, and calls that wait.
    package var inventory: (taken: Int, waiting: Int) {
        (taken.load(ordering: .relaxed), waiting.load(ordering: .relaxed))
    }

    /// So many calls may be under way from now on. Those that are too many go on.
    func allow(_ limit: Int) {
        let before = most.exchange(limit, ordering: .sequentiallyConsistent)
        if limit > before, waiting.load(ordering: .sequentiallyConsistent) > 0 { letIn() }
    }

    /// Whether so many calls more of a lane would find a place each. Another loop may take it in the meantime.
    package func hasRoom(for calls: Int, lane: Int = 0) -> Bool {
        let most = limit
        let isModest = byLane[lane] + calls <= Self.share(of: most)
        // Who is modest waits for nobody who is not: its turn in the line comes at once.
        guard isModest || waiting.load(ordering: .relaxed) == 0 else { return false }
        let room = isModest || !isShared ? most : most - Self.reserve(of: most)
        return taken.load(ordering: .relaxed) + calls <= room
    }

    /// Takes a place, if there is one and nobody waits for it already.
    func take(_ lane: Int) -> Bool {
        notice(lane)
        // In this order, and `giveBack` in the other: of a call that joins the line and one that ends at the same time, at
        // least one sees the other.
        return waiting.load(ordering: .sequentiallyConsistent) == 0 && takeFree(lane)
    }

    /// Lets `waiter` wait for a place. It is told by `admit`, on whichever thread gives one back.
    ///
    /// If the line is full, it takes the place of the last one of the tenant with most in it, who is told by `turnAway`;
    /// unless that would not make it fairer.
    /// - Returns: until when it may wait. Nil: too many wait.
    func join(_ waiter: WaitingCall, at now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        let (end, pushedOut) = line.withLock { line in
            let pushedOut = line.makeRoom(for: waiter.lane)
            let end = line.join(waiter, lane: waiter.lane, at: now)
            waiting.store(line.count, ordering: .sequentiallyConsistent)
            return (end, pushedOut)
        }
        pushedOut?.turnAway()
        // A place that was given back a moment ago may not have seen it.
        letIn()
        return end
    }

    /// Takes `waiter` out of the line. False: it has got a place already.
    func leave(_ waiter: WaitingCall) -> Bool {
        line.withLock { line in
            let stoodThere = line.leave(waiter, lane: waiter.lane)
            waiting.store(line.count, ordering: .sequentiallyConsistent)
            return stoodThere
        }
    }

    /// A call that had a place has ended.
    package func giveBack(_ lane: Int = 0) {
        byLane.subtract(lane)
        taken.wrappingSubtract(1, ordering: .sequentiallyConsistent)
        if waiting.load(ordering: .sequentiallyConsistent) > 0 { letIn() }
    }

    private func letIn() {
        while let next = firstWithPlace() { next.admit() }
    }

    private func firstWithPlace() -> WaitingCall? {
        line.withLock { line in
            guard line.count > 0 else { return nil }
            let first = line.next(where: takeFree)
            waiting.store(line.count, ordering: .sequentiallyConsistent)
            return first
        }
    }

    /// Never counts more than there are, not even for a moment: somebody else would be turned away because of it.
    private func takeFree(_ lane: Int) -> Bool {
        // After a store to `waiting`: see `take`.
        var count = taken.load(ordering: .sequentiallyConsistent)
        let most = limit
        while count < most {
            if count >= most - Self.reserve(of: most), byLane[lane] >= Self.share(of: most), isShared { return false }
            let (isTaken, current) = taken.weakCompareExchange(
                expected: count, desired: count + 1, ordering: .sequentiallyConsistent)
            if isTaken {
                byLane.add(lane)
                return true
            }
            count = current
        }
        return false
    }

    private func notice(_ lane: Int) {
        let last = lastLane.load(ordering: .relaxed)
        guard last != lane else { return }
        lastLane.store(lane, ordering: .relaxed)
        guard last >= 0 else { return }
        // Calls of several tenants come in turns, and only one a second has to say so.
        let now = sinceStart, until = now + Self.memory.nanoseconds
        if sharedUntil.load(ordering: .relaxed) < until - 1_000_000_000 { sharedUntil.store(until, ordering: .relaxed) }
    }

    /// Reads a clock; asked only where places are scarce.
    private var isShared: Bool {
        let until = sharedUntil.load(ordering: .relaxed)
        return until > 0 && sinceStart < until
    }

    private var sinceStart: Int64 { start.duration(to: .now).nanoseconds }
}
