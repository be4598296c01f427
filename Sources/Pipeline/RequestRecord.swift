// What is learnt while a request is answered and told at its end: to the log, to `Server-Timing`, to `Gateway-Parts`.

/// The story of one request so far.
package final class RequestRecord {
    /// How a part ended.
    package enum Outcome: Sendable, Equatable {
        case fetched
        /// No call was needed: the member it depends on is null.
        case skipped
        /// The record is gone upstream, and the plan takes that for null.
        case gone
        /// It failed, and the plan takes that for null.
        case missing(Failure.Kind)
        /// It failed, and an earlier reply stands in for it, so old.
        case stale(Failure.Kind, age: Duration)
        case failed(Failure.Kind)
        case cancelled
    }

    package struct Part: Sendable {
        package let name: String
        package let started: ContinuousClock.Instant
        package let ended: ContinuousClock.Instant
        package let outcome: Outcome
        package let attempts: Int

        package init(
            name: String, started: ContinuousClock.Instant, ended: ContinuousClock.Instant, outcome: Outcome,
            attempts: Int
        ) {
            self.name = name
            self.started = started
            self.ended = ended
            self.outcome = outcome
            self.attempts = attempts
        }
    }

    /// The route's name, once known.
    package var route: String?
    /// The sentence of the route's 404, once known.
    package var notFound: String?
    package var principal: Principal?
    package var parts: [Part] = []
    package var failure: Failure?
    package var trace: Trace

    package init(trace: Trace) {
        self.trace = trace
    }
}
