// The layer that finds an endpoint for each attempt, or says at once that there is none to ask.

package import Pipeline

/// Circuit, ejection, health and balancing of one upstream, on one loop. Used on that loop's thread only.
package final class EndpointChoice: Calls {
    private let upstream: String
    private let view: EndpointView
    private let loop: any Timekeeper
    private let next: any Calls

    /// - Parameters:
    ///   - view: told by `next` of every end of an attempt that it returned something for, before the end itself is told.
    ///   - next: sends a call to the endpoint it names.
    package init(_ upstream: String, _ view: EndpointView, on loop: any Timekeeper, before next: any Calls) {
        self.upstream = upstream
        self.view = view
        self.loop = loop
        self.next = next
    }

    /// - Throws: by `end`, `circuitOpen`, `noEndpoint` or `noPlace` if there is no endpoint to ask, and `deadlineExceeded`
    ///   if the upstream usually takes longer than there is time.
    package func begin(
        _ call: Call, then end: @escaping (Result<Reply, Failure>) -> Void
    ) -> (any RunningCall)? {
        let now = loop.now
        let left = now.duration(to: call.deadline)
        if let usual = view.usualTime(at: now), left < usual {
            let reason = "\(left.milliseconds) ms are left, the upstream usually takes \(usual.milliseconds)"
            return refuse(call, .deadlineExceeded, reason, end)
        }
        switch view.choose(for: call, at: now) {
        case .endpoint(let place, let ticket):
            var call = call
            call.endpoint = place
            call.ticket = ticket
            let running = next.begin(call, then: end)
            // It ended at once, so nobody below will tell of it.
            if running == nil { view.forget(endpoint: place, ticket: ticket) }
            return running
        case .noCircuit(let wait):
            let wait = Duration.seconds(wait.secondsToWait)
            return refuse(call, .circuitOpen, "too many of the last calls failed", retryAfter: wait, end)
        case .none:
            return refuse(call, .noEndpoint, "no endpoint passes its health checks", end)
        case .full:
            return refuse(call, .noPlace, "the endpoints that may be asked have all the calls they may have", end)
        }
    }

    private func refuse(
        _ call: Call, _ kind: Failure.Kind, _ reason: String, retryAfter: Duration? = nil,
        _ end: (Result<Reply, Failure>) -> Void
    ) -> (any RunningCall)? {
        call.note(refused: kind, circuit: kind == .circuitOpen ? .open : .closed)
        end(.failure(Failure(kind, .upstream(upstream, part: nil), retryAfter: retryAfter, reason)))
        return nil
    }
}

/// An upstream's endpoints as one loop sees them.
package final class EndpointView: Sendable {
    private final class State {
        var random = FastRandom()
        var usual = UsualTime.median
        var handOver: ContinuousClock.Instant

        init(_ handOver: ContinuousClock.Instant) { self.handOver = handOver }
    }

    private let endpoints: Endpoints
    private let loop: any Timekeeper
    private let state: Confined<State>

    /// Must be made on the loop's thread.
    package init(of endpoints: Endpoints, on loop: any Timekeeper) {
        self.endpoints = endpoints
        self.loop = loop
        state = Confined(State(loop.now))
    }

    func usualTime(at now: ContinuousClock.Instant) -> Duration? { state.value.usual.time(at: now) }

    func choose(for call: Call, at now: ContinuousClock.Instant) -> Endpoints.Choice {
        endpoints.choose(
            for: ObjectIdentifier(call.asker), avoiding: call.tried, never: call.unfit, at: now,
            using: &state.value.random)
    }

    /// An attempt that was begun has ended.
    package func ended(_ attempt: Attempt) {
        let state = state.value
        let now = loop.now
        if now >= state.handOver {
            endpoints.handOver(at: now)
            state.handOver = now + endpoints.handOverEvery
        }
        if attempt.verdict == .succeeded { state.usual.took(attempt.time, at: now) }
        endpoints.ended(attempt, at: now)
    }

    /// An attempt did not begin after all.
    func forget(endpoint: Int, ticket: Int) {
        endpoints.ended(Attempt(endpoint: endpoint, ticket: ticket, verdict: .untold, time: .zero), at: loop.now)
    }
}
