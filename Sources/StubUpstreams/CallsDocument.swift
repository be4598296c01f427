// The record as JSON, for tests of other programs: `GET /_stub/calls`.

/// What a service tells about the calls it received.
enum CallsDocument {
    /// The service's calls, oldest first; times in microseconds since the stub began.
    static func make(
        _ state: Recorder.State, of service: StubUpstreams.Service, connections: Int,
        since beginning: ContinuousClock.Instant
    ) -> JSONValue {
        [
            "service": .string(service.rawValue),
            "inProgress": .integer(state.inProgress(service)),
            "maxInProgress": .integer(state.most(service)),
            // The one that asks is among them.
            "connections": .integer(connections),
            "calls": .array(state.calls { $0.service == service }.map { make($0, since: beginning) }),
        ]
    }

    private static func make(_ call: RecordedCall, since beginning: ContinuousClock.Instant) -> JSONValue {
        [
            "number": .integer(call.number),
            "method": .string(call.method),
            "target": .string(call.target),
            "headers": .array(call.headers.map { [.string($0.name), .string($0.value)] }),
            "connection": .integer(call.connection),
            "ordinal": .integer(call.ordinal),
            "rule": .optional(call.rule),
            "arrivedMicroseconds": microseconds(call.arrived - beginning),
            "endedMicroseconds": call.ended.map { microseconds($0 - beginning) } ?? .null,
            "outcome": .string(call.outcome.rawValue),
        ]
    }

    private static func microseconds(_ duration: Duration) -> JSONValue {
        .integer(
            Int(duration.components.seconds) * 1_000_000 + Int(duration.components.attoseconds / 1_000_000_000_000))
    }
}
