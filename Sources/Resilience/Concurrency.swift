// The layer that gives each call a place at its upstream, lets a few wait for one, and refuses the rest.

package import Pipeline

/// `concurrency` and `connections.perEndpoint` of one upstream, on one loop. Used on that loop's thread only.
package final class Concurrency: Calls {
    private let upstream: String
    fileprivate let places: Places
    private let wait: Duration
    fileprivate let loop: any Timekeeper
    private let next: any Calls

    /// - Parameters:
    ///   - places: the upstream's; all loops have the same.
    ///   - wait: how long a call may wait for one.
    ///   - next: takes the calls that have a place. When a call that it returned something for ends, it must give the place
    ///     back (`Places.giveBack`, with its lane) before it tells so: it has a closure at every call's end anyway, and a second one here
    ///     would cost more than all else that this layer does.
    package init(
        _ upstream: String, _ places: Places, wait: Duration, on loop: any Timekeeper, before next: any Calls
    ) {
        self.upstream = upstream
        self.places = places
        self.wait = wait
        self.loop = loop
        self.next = next
    }

    /// - Throws: by `end`, `noPlace` if no place becomes free in time, or too many calls wait for one.
    package func begin(
        _ call: Call, then end: @escaping (Result<Reply, Failure>) -> Void
    ) -> (any RunningCall)? {
        guard places.take(call.asker.lane) else { return line(up: call, end) }
        return go(call, end)
    }

    /// Begins a call that has a place.
    fileprivate func go(_ call: Call, _ end: @escaping (Result<Reply, Failure>) -> Void) -> (any RunningCall)? {
        let running = next.begin(call, then: end)
        // It ended at once, so nobody below had it.
        if running == nil { places.giveBack(call.asker.lane) }
        return running
    }

    private func line(
        up call: Call, _ end: @escaping (Result<Reply, Failure>) -> Void
    ) -> (any RunningCall)? {
        let waiting = WaitingCall(call, for: self, end)
        guard let patience = places.join(waiting, at: loop.now) else {
            call.note(refused: .noPlace)
            end(.failure(isFull))
            return nil
        }
        return waiting.wait(until: min(patience, call.deadline)) ? waiting : nil
    }

    fileprivate var isFull: Failure { refusal("all \(places.limit) places are taken, and as many calls wait as may") }

    fileprivate var tookTooLong: Failure { refusal("no place within \(wait.milliseconds) ms") }

    private func refusal(_ reason: String) -> Failure {
        Failure(.noPlace, .upstream(upstream, part: nil), reason)
    }
}

/// A call that waits for a place, and then the one that got it.
///
/// `@unchecked`: only its loop's thread touches what is in it; to others it is a reference that stands in a line.
final class WaitingCall: RunningCall, Sleeper, @unchecked Sendable {
    private enum State {
        /// It may have a place already, of which its loop does not know yet.
        case waiting
        case running(any RunningCall)
        case ended
    }

    /// Its tenant's.
    let lane: Int
    private var call: Call
    private let concurrency: Concurrency
    private let end: (Result<Reply, Failure>) -> Void
    private var state = State.waiting
    private var alarm: AlarmID?
    private(set) var waitedUntil: ContinuousClock.Instant?

    fileprivate init(
        _ call: Call, for concurrency: Concurrency, _ end: @escaping (Result<Reply, Failure>) -> Void
    ) {
        lane = call.asker.lane
        self.call = call
        self.concurrency = concurrency
        self.end = end
    }

    /// Bounds the wait. False: the call has ended already.
    fileprivate func wait(until instant: ContinuousClock.Instant) -> Bool {
        switch state {
        case .waiting: alarm = concurrency.loop.setAlarm(at: instant, for: self)
        case .running: break
        case .ended: return false
        }
        return true
    }

    /// It has a place. On the thread of whoever gave it back.
    func admit() {
        concurrency.loop.perform { [self] in begin() }
    }

    private func begin() {
        // Late, or cancelled, while the news was on its way.
        guard case .waiting = state else { return concurrency.places.giveBack(lane) }
        stopWaiting()
        waitedUntil = concurrency.loop.now
        call.queued = RequestRecord.Attempt.offset(.now, since: call.asked)
        if let running = concurrency.go(call, { [self] in finish($0) }) { state = .running(running) }
    }

    /// It has to go, for one of a tenant with fewer in the line. On the thread of whoever that is.
    func turnAway() {
        concurrency.loop.perform { [self] in
            guard case .waiting = state else { return }
            stopWaiting()
            refuse(concurrency.isFull)
        }
    }

    var endpoint: Int? { if case .running(let running) = state { running.endpoint } else { nil } }

    var attempts: Int { if case .running(let running) = state { running.attempts } else { 0 } }

    /// Nobody wants it any more: it leaves the line, or its transfer.
    func cancel() {
        switch state {
        // Without a place it was never sent.
        case .waiting: giveUp(.callCancelled.after(attempts: 0))
        case .running(let running): running.cancel()
        case .ended: break
        }
    }

    func giveWay() {
        if case .running(let running) = state { running.giveWay() } else { cancel() }
    }

    /// It has waited long enough.
    func wake() {
        alarm = nil
        giveUp(concurrency.tookTooLong)
    }

    private func giveUp(_ failure: Failure) {
        // False is as good: the place is on its way, and `begin` gives it back.
        _ = concurrency.places.leave(self)
        stopWaiting()
        refuse(failure)
    }

    private func refuse(_ failure: Failure) {
        call.note(refused: failure.kind, waitedUntil: .now)
        finish(.failure(failure))
    }

    private func stopWaiting() {
        if let alarm { concurrency.loop.callOff(alarm) }
        alarm = nil
    }

    private func finish(_ result: Result<Reply, Failure>) {
        state = .ended
        end(result)
    }
}
