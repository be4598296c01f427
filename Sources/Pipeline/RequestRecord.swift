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

        /// As logs, figures and spans call it.
        package var word: String {
            switch self {
            case .fetched: "fetched"
            case .skipped: "skipped"
            case .gone: "gone"
            case .missing: "missing"
            case .stale: "stale"
            case .failed: "failed"
            case .cancelled: "cancelled"
            }
        }

        /// Nil: it is none of the part's own.
        package var failure: Failure.Kind? {
            switch self {
            case .missing(let kind), .stale(let kind, _), .failed(let kind): kind
            case .fetched, .skipped, .gone, .cancelled: nil
            }
        }
    }

    package struct Part: Sendable {
        package let name: String
        /// Its place in the plan (`outline`).
        package let place: Int
        package let started: ContinuousClock.Instant
        package let ended: ContinuousClock.Instant
        package let outcome: Outcome
        /// How often an upstream was asked for this request.
        package let attempts: Int
        /// The id of the request whose call it was, if that is another's.
        package let coalescedWith: String?

        package init(
            name: String, place: Int = 0, started: ContinuousClock.Instant, ended: ContinuousClock.Instant,
            outcome: Outcome, attempts: Int, coalescedWith: String? = nil
        ) {
            self.name = name
            self.place = place
            self.started = started
            self.ended = ended
            self.outcome = outcome
            self.attempts = attempts
            self.coalescedWith = coalescedWith
        }

        /// The same part, as one that shared it with the request of that id tells of it.
        package func coalesced(with leader: String) -> Part {
            Part(
                name: name, place: place, started: started, ended: ended, outcome: outcome, attempts: 0,
                coalescedWith: coalescedWith ?? leader)
        }
    }

    /// When the request's first byte was read: what times are counted from.
    package let arrived: ContinuousClock.Instant
    /// The route's name, once known.
    package var route: String?
    /// Its place in the configuration, once known.
    package var routePlace: Int?
    /// What is asked for: the last parameter of the route's path, once known.
    package var id: String?
    /// The sentence of the route's 404, once known.
    package var notFound: String?
    /// How long the route takes at most, once known.
    package var allowed: Duration?
    package var principal: Principal?
    /// In the order in which they ended, so none stands before one that it waited for.
    package var parts: [Part] = []
    /// The id of the request whose answer it shares, if it shares another's.
    package var coalescedWith: String?
    /// When it began to wait for that answer, and when that came; nil: it shares none, or the answer did not come in time.
    package var shareAsked: ContinuousClock.Instant?
    package var shareEnded: ContinuousClock.Instant?
    /// The id of an earlier request whose answer it was given, if it was.
    package var reusedFrom: String?
    /// In the order in which they ended.
    package var attempts: [Attempt] = []
    /// How many of `parts` and `attempts` have been counted. Nil: the request is not over. Its run may still be, for others.
    package var counted: (parts: Int, attempts: Int)?
    /// Of the plan that was run; nil: none was.
    package var outline: PlanOutline?
    /// When the request began to wait for its turn, when it had it and its plan began, and when all parts had ended and were
    /// put together; nil: it did not come so far.
    package var turnAsked: ContinuousClock.Instant?
    package var planStarted: ContinuousClock.Instant?
    package var mergeStarted: ContinuousClock.Instant?
    package var mergeEnded: ContinuousClock.Instant?
    package var failure: Failure?
    /// Microseconds of its time that were not its upstreams'; nil: not known, as its answer was another request's.
    package var overhead: Int64?
    package var trace: Trace

    package init(trace: Trace, arrived: ContinuousClock.Instant = .now) {
        self.trace = trace
        self.arrived = arrived
    }
}
