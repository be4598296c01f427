// One that shares another's run, and keeps its own time.

internal import Pipeline

/// A request, or a call, that waits for a flight it did not begin.
final class Follower<Outcome: Shareable>: RunningCall, Sleeper {
    private var alarm: AlarmID?
    /// Neighbours in the flight's line.
    var next: Follower<Outcome>?
    unowned(unsafe) var previous: Follower<Outcome>?
    private let flight: Flight<Outcome>
    private let flights: Flights<Outcome>
    /// Nil: it has ended.
    private var end: Flight<Outcome>.End?

    init(_ flight: Flight<Outcome>, of flights: Flights<Outcome>, _ end: @escaping Flight<Outcome>.End) {
        self.flight = flight
        self.flights = flights
        self.end = end
    }

    var leaderID: String { flight.leaderID }

    func wait(until due: ContinuousClock.Instant) {
        alarm = flights.loop.setAlarm(at: due, for: self)
    }

    /// Out of the line already.
    func end(with result: Result<Outcome, Failure>) {
        if let alarm { flights.loop.callOff(alarm) }
        alarm = nil
        let end = end
        self.end = nil
        end?(result)
    }

    func cancel() {
        leave(.failure(Failure.callCancelled.coalesced(with: leaderID)))
    }

    /// Its own time is over.
    func wake() {
        alarm = nil
        leave(flight.outcome(or: flights.late.coalesced(with: leaderID)))
    }

    private func leave(_ result: Result<Outcome, Failure>) {
        guard end != nil else { return }
        flight.leave(self)
        end(with: result)
    }
}
