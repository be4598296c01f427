// One run and all who wait for it. It belongs to all of them: whoever leaves, be it the one who began it, leaves alone, and
// with the last one the run ends at once.

internal import Pipeline

/// What can be given to several.
protocol Shareable {
    /// The same for one that did not ask for it itself; `leader` is the id of the request that did.
    func shared(by leader: String) -> Self
}

/// A run in the air. To the one who leads it, it is the call under way; those who follow have a `Follower` each.
final class Flight<Outcome: Shareable>: RunningCall, Sleeper {
    typealias End = (Result<Outcome, Failure>) -> Void

    /// A run's end is told to so many in one pass of the loop: what each does with it takes time that others wait for.
    private static var mostAtOnce: Int { 64 }

    /// Nil: it is not in the air.
    private(set) var key: FlightKey?
    /// The id of the request that it was begun for.
    private(set) var leaderID = ""
    /// When the run has an outcome at the latest.
    private(set) var deadline = ContinuousClock.now
    /// Nil: it is not in the air. Held, since the last of its followers may be told after all else has gone.
    private var flights: Flights<Outcome>?
    private var run: (any RunningCall)?
    /// Nil: it has left, or been told.
    private var leader: End?
    /// Of those who wait and follow, in the order in which they came.
    private var first: Follower<Outcome>?
    private unowned(unsafe) var last: Follower<Outcome>?
    /// What followers get; nil: the run has not ended.
    private var outcome: Result<Outcome, Failure>?
    private var isBeginning = false
    private var hasEnded = true
    // Made once for all runs that this object stands for. It need not hold it: whatever runs is in the table until its end.
    private lazy var ended: End = { [unowned self] in end(with: $0) }

    /// Begins the run. False: it has ended already, and the leader was told.
    func lead(
        _ flights: Flights<Outcome>, _ key: FlightKey, _ id: String, until deadline: ContinuousClock.Instant,
        _ leader: @escaping End, _ begin: (@escaping End) -> (any RunningCall)?
    ) -> Bool {
        self.flights = flights
        self.key = key
        leaderID = id
        self.deadline = deadline
        self.leader = leader
        hasEnded = false
        isBeginning = true
        let running = begin(ended)
        isBeginning = false
        guard !hasEnded else {
            landIfEmpty()
            return false
        }
        run = running
        return true
    }

    func add(_ follower: Follower<Outcome>) {
        follower.previous = last
        if let last { last.next = follower } else { first = follower }
        last = follower
    }

    /// The one who leads does not want it any more.
    func cancel() {
        // Alone, it is told by the run itself, which knows how often it asked.
        guard first != nil else { return abandon() }
        let leader = leader
        self.leader = nil
        leader?(.failure(.callCancelled.after(attempts: run?.attempts ?? 0)))
    }

    /// A follower does not want it any more.
    func leave(_ follower: Follower<Outcome>) {
        unlink(follower)
        if first == nil, leader == nil, !hasEnded { abandon() }
    }

    /// Nobody waits any more: nobody may join either, and the run ends before this returns.
    private func abandon() {
        takeOut()
        run?.cancel()
    }

    private func end(with result: Result<Outcome, Failure>) {
        takeOut()
        hasEnded = true
        run = nil
        if first != nil { outcome = result.shared(by: leaderID) }
        let leader = leader
        self.leader = nil
        leader?(result)
        tell()
    }

    /// Tells some of the followers, and the rest in later passes.
    private func tell() {
        guard let outcome else { return landIfEmpty() }
        for _ in 0..<Self.mostAtOnce {
            guard let follower = first else { break }
            unlink(follower)
            follower.end(with: outcome)
        }
        // Not due in this pass, but in the next one, without sleep.
        if first != nil { return flights?.wakeInNextPass(self) ?? () }
        self.outcome = nil
        landIfEmpty()
    }

    func wake() { tell() }

    /// What a follower gets whose time is over: the outcome, if there is one by now.
    func outcome(or late: Failure) -> Result<Outcome, Failure> { outcome ?? .failure(late) }

    private func takeOut() {
        guard let key else { return }
        self.key = nil
        flights?.takeOut(self, key.hash)
    }

    /// Nothing of it is needed any more, unless it is still being begun or told.
    private func landIfEmpty() {
        guard !isBeginning, outcome == nil, let flights else { return }
        self.flights = nil
        flights.giveBack(self)
    }

    private func unlink(_ follower: Follower<Outcome>) {
        let next = follower.next
        if let previous = follower.previous { previous.next = next } else { first = next }
        if let next { next.previous = follower.previous } else { last = follower.previous }
        follower.next = nil
        follower.previous = nil
    }
}

extension Result where Success: Shareable, Failure == Pipeline.Failure {
    fileprivate func shared(by leader: String) -> Self {
        switch self {
        case .success(let outcome): .success(outcome.shared(by: leader))
        case .failure(let failure): .failure(failure.coalesced(with: leader))
        }
    }
}
