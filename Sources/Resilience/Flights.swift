// Who shares whose run: the rules of coalescing, for calls and requests alike.

internal import Pipeline

/// The runs in the air of one upstream, or of one route, on one loop. Used on that loop's thread only.
///
/// A run has the deadline of the one who began it. Whoever has less time than that gives up alone; whoever has more gets
/// what all get. Nothing is kept of a run that has ended.
final class Flights<Outcome: Shareable> {
    private static var mostIdle: Int { 256 }

    let loop: any Timekeeper
    /// What a follower gets whose own time is over before the run is.
    let late: Failure
    private var table = FlightTable<Outcome>()
    /// Kept for the next runs.
    private var idle: [Flight<Outcome>] = []

    init(on loop: any Timekeeper, late: Failure) {
        self.loop = loop
        self.late = late
    }

    /// How many runs are in the air.
    var count: Int { table.count }

    /// Joins a run for the same, if there is one. `end` is called once, later.
    func follow(
        _ key: FlightKey, until deadline: ContinuousClock.Instant, then end: @escaping Flight<Outcome>.End
    ) -> Follower<Outcome>? {
        guard let flight = table[key] else { return nil }
        let follower = Follower(flight, of: self, end)
        flight.add(follower)
        if deadline < flight.deadline { follower.wait(until: deadline) }
        return follower
    }

    /// Begins a run that others may join. There must be none for the same.
    /// - Parameters:
    ///   - id: of the request that it is for.
    ///   - begin: as `Calls.begin`.
    /// - Returns: the run as its leader sees it; nil: it has ended already.
    func lead(
        _ key: FlightKey, _ id: String, until deadline: ContinuousClock.Instant,
        then end: @escaping Flight<Outcome>.End,
        _ begin: (@escaping Flight<Outcome>.End) -> (any RunningCall)?
    ) -> Flight<Outcome>? {
        let flight = idle.popLast() ?? Flight()
        table.insert(flight, key.hash)
        return flight.lead(self, key, id, until: deadline, end, begin) ? flight : nil
    }

    func takeOut(_ flight: Flight<Outcome>, _ hash: UInt64) { table.remove(flight, hash) }

    func giveBack(_ flight: Flight<Outcome>) {
        if idle.count < Self.mostIdle { idle.append(flight) }
    }

    func wakeInNextPass(_ flight: Flight<Outcome>) {
        loop.setAlarm(at: loop.now + .nanoseconds(1), for: flight)
    }
}
