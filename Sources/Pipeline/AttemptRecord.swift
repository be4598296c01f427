// What is remembered of each time an upstream was asked: whose turn it was, how long it waited, and where the time went on
// the wire. Numbers only, in one array of the request: of most requests nobody ever looks at it.

extension RequestRecord {
    /// One attempt of a call, kept when it has ended. Times are microseconds since the request's arrival unless they say
    /// otherwise, good for 71 minutes.
    package struct Attempt: Sendable {
        /// Why it was made.
        package enum Cause: UInt8, Sendable {
            case first
            /// The one before had failed.
            case retry
            /// Nothing had been sent, and there was another endpoint.
            case elsewhere
            /// The one before took long.
            case hedge
            /// The one before was on a kept connection that had ended.
            case afresh

            /// As logs and figures call it.
            package var word: String {
                switch self {
                case .first: "first"
                case .retry: "retry"
                case .elsewhere: "elsewhere"
                case .hedge: "hedge"
                case .afresh: "afresh"
                }
            }
        }

        /// What its endpoint's circuit was like when it was to begin.
        package enum Circuit: UInt8, Sendable {
            case closed
            /// Open so far; this attempt was to find out whether it can be closed.
            case probe
            /// No endpoint's circuit let it through.
            case open

            /// As logs and waterfalls call it.
            package var word: String {
                switch self {
                case .closed: "closed"
                case .probe: "probe"
                case .open: "open"
                }
            }
        }

        /// The place of its part in the plan (`RequestRecord.outline`).
        package let part: UInt8
        /// Counts the attempts of one call, from 1.
        package let number: UInt8
        package let cause: Cause
        package var circuit = Circuit.closed
        /// The endpoint's place in the configuration; nil: none was chosen.
        package var endpoint: UInt8?
        /// Its span as the upstream was told it in `traceparent`; 0: it was not asked.
        package var span: UInt64 = 0
        /// When a place at the upstream was asked for.
        package let asked: UInt32
        /// When it had its place and was begun: one follows the other at once. Nil: it never was.
        package var begun: UInt32?
        package var ended: UInt32 = 0
        package var wire = Wire()
        /// The status that was answered; 0: none was.
        package var status: UInt16 = 0
        /// Nil: it brought a reply.
        package var failure: Failure.Kind?

        /// How long it waited for its place, or in vain.
        package var queued: UInt32 { (begun ?? ended) &- asked }

        /// An attempt of `call` that is to begin now, or not at all.
        package init(of call: Call, arrived: ContinuousClock.Instant) {
            part = call.place
            number = call.number
            cause = call.cause
            asked = Self.offset(call.asked, since: arrived)
        }

        /// Microseconds between two instants, as attempts have them: what is out of order is 0.
        package static func offset(_ instant: ContinuousClock.Instant, since arrived: ContinuousClock.Instant) -> UInt32
        {
            UInt32(clamping: arrived.duration(to: instant).microseconds)
        }
    }
}

extension RequestRecord.Attempt {
    /// What libcurl measured of an exchange. Times are microseconds since it was begun; 0: it did not come so far.
    package struct Wire: Sendable {
        /// Whether a connection was opened for it. Only then the next three mean something.
        package var isNewConnection = false
        /// The upstream's name was resolved.
        package var resolved: UInt32 = 0
        /// TCP's handshake was over, or that of a Unix socket.
        package var connected: UInt32 = 0
        /// TLS's was; 0 where there is none.
        package var secured: UInt32 = 0
        /// There was a connection, and the request was about to be sent.
        package var ready: UInt32 = 0
        /// The reply's first byte was read.
        package var firstByte: UInt32 = 0
        /// The port on this machine, by which connections can be told apart; 0: it has none.
        package var localPort: UInt16 = 0
        /// Bytes of the reply's body.
        package var bytes: UInt32 = 0

        package init() {}
    }
}

extension Call {
    /// Notes in the request's record that an attempt ended before it was begun.
    /// - Parameter waitedUntil: when it left the line for a place without one; nil: it stood in none, or no more.
    package func note(
        refused kind: Failure.Kind, circuit: RequestRecord.Attempt.Circuit = .closed,
        waitedUntil end: ContinuousClock.Instant? = nil
    ) {
        guard let record = asker.record?.value else { return }
        var attempt = RequestRecord.Attempt(of: self, arrived: record.arrived)
        attempt.circuit = circuit
        attempt.failure = kind
        // What was refused at once has waited for nothing, though it took a moment to find that out.
        attempt.ended =
            end.map { RequestRecord.Attempt.offset(max($0, asked), since: record.arrived) } ?? attempt.asked &+ queued
        record.attempts.append(attempt)
    }
}
