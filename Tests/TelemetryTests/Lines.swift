// Requests to log, and lines to read back.

import Foundation
import Pipeline

@testable import Telemetry

let arrival = ContinuousClock.now

/// 2026-03-01T12:34:56.789Z.
let someTime = Duration.milliseconds(1_772_368_496_789)

func request(_ record: RequestRecord?) -> Request {
    var request = Request(
        method: .get, path: "/api/conversations/1", client: "192.0.2.7", id: "r-1", arrived: arrival, completed: arrival
    )
    request.record = record.map { Confined($0) }
    return request
}

func record(parts: [RequestRecord.Part] = []) -> RequestRecord {
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    guard let trace = Trace(traceparent: parent, tracestate: nil) else {
        preconditionFailure("\(parent) is well-formed.")
    }
    let record = RequestRecord(trace: trace)
    record.parts = parts
    return record
}

/// A part that began and ended so many milliseconds after the request arrived.
func part(
    _ name: String, _ place: Int = 0, from start: Double, to end: Double, _ outcome: RequestRecord.Outcome,
    attempts: Int = 1
) -> RequestRecord.Part {
    RequestRecord.Part(
        name: name, place: place, started: arrival + .microseconds(Int(start * 1000)),
        ended: arrival + .microseconds(Int(end * 1000)),
        outcome: outcome, attempts: attempts)
}

/// An attempt of the part at that place, in the order in which they ended.
func attempt(
    _ place: Int, _ failure: Failure.Kind? = nil, status: UInt16 = 0, queued: Int = 0,
    circuit: RequestRecord.Attempt.Circuit = .closed
) throws -> RequestRecord.Attempt {
    let asker = Call.Asker(tenant: "t", requestID: "r", trace: record().trace)
    let call = Call(part: "", place: place, path: "/", asker: asker, deadline: arrival, asked: arrival)
    var attempt = RequestRecord.Attempt(of: call, arrived: arrival)
    attempt.begun = UInt32(queued)
    attempt.failure = failure
    attempt.status = status
    attempt.circuit = circuit
    return attempt
}

func line(_ request: Request, _ response: Response?, after time: Duration) -> String {
    var bytes = LineBytes(capacity: 16)
    var line = AccessLogLine()
    line.write(request, response, at: arrival + time, wall: someTime, to: &bytes)
    return String(decoding: bytes.array, as: UTF8.self)
}

/// The members of a line's object.
func object(_ line: String) throws -> [String: Any] {
    struct NoObject: Error {}
    guard let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else {
        throw NoObject()
    }
    return object
}
