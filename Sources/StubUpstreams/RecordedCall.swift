// A call as the upstream saw it: what a test asserts on.

import NIOHTTP1

/// One call received.
package struct RecordedCall: Sendable {
    package enum Outcome: String, Sendable, Equatable {
        /// The reply is not complete yet.
        case pending
        /// All of the reply was handed to the kernel. Up to 64 KiB, whoever has the reply finds the call so.
        case answered
        /// The stub ended the reply early, as told, or because it was stopped.
        case cut
        /// The client closed or reset the connection before the reply was complete.
        case clientClosed
    }

    /// Which call this is of both services, from 1; never used twice, not even after a reset.
    package let number: Int
    package let service: StubUpstreams.Service
    package let method: String
    /// As sent: still percent-encoded, with the query.
    package let target: String
    /// From 1, over both services.
    package let connection: Int
    /// Which call this is on its connection, from 1.
    package let ordinal: Int
    /// The rule that decided about it: its name, or its place as in `rule 3`; nil: none.
    package let rule: String?
    package let arrived: ContinuousClock.Instant
    package internal(set) var ended: ContinuousClock.Instant?
    package internal(set) var outcome = Outcome.pending
    let fields: HTTPHeaders

    /// Without the query.
    package var path: String { String(target.prefix { $0 != "?" }) }

    /// As sent, in order.
    package var headers: [StubUpstreams.Field] { fields.map { StubUpstreams.Field($0.name, $0.value) } }

    /// All values of a field, in order; the name in any case.
    package func values(_ name: String) -> [String] { fields[name] }

    /// The only value of a field; nil if there is none, or several.
    package func value(_ name: String) -> String? {
        let values = fields[name]
        return values.count == 1 ? values[0] : nil
    }

    /// Whether there was an instant at which both were in progress.
    package func overlaps(_ other: RecordedCall) -> Bool {
        let endsBeforeOther = ended.map { $0 <= other.arrived } ?? false
        let beginsAfterOther = other.ended.map { $0 <= arrived } ?? false
        return !endsBeforeOther && !beginsAfterOther
    }
}
