// One request as one line of JSON. Written by hand, byte for byte: a line of five parts is some fifty values, and
// string interpolation alone would cost more than everything else that happens to a request on its loop.

import Pipeline

/// Writes lines. Keeps the text of the current second.
///
/// A line is ASCII, one object, and ends with a line feed; no text of a client can end it earlier. Members whose value
/// is not known are left out, but for `route`, which is null then: a request of no route is worth finding.
struct AccessLogLine {
    /// What the log says of a client that left before its answer (no such status is ever sent).
    static let clientGone = 499

    private var timestamps = Timestamps()

    mutating func write(
        _ request: Request, _ response: Response?, at now: ContinuousClock.Instant, wall: Duration,
        to line: inout LineBytes
    ) {
        let record = request.record?.value
        line.append("{\"time\":\"")
        timestamps.write(wall, to: &line)
        line.append("\",\"requestId\":")
        line.append(quoted: request.id)
        if let trace = record?.trace {
            line.append(",\"traceId\":")
            line.append(quoted: trace.id)
        }
        line.append(",\"client\":")
        line.append(quoted: request.client)
        line.append(",\"scheme\":")
        line.append(quoted: request.scheme.rawValue)
        line.append(",\"protocol\":")
        line.append(quoted: request.transport.rawValue)
        line.append(",\"method\":")
        line.append(quoted: request.method.name)
        line.append(",\"route\":")
        if let route = record?.route { line.append(quoted: route) } else { line.append("null") }
        if let id = record?.id {
            line.append(",\"id\":")
            line.append(quoted: id)
        }
        line.append(",\"path\":")
        line.append(quoted: request.path)
        if let principal = record?.principal ?? request.principal {
            line.append(",\"tenant\":")
            line.append(quoted: principal.tenant)
            line.append(",\"credential\":")
            line.append(quoted: principal.credential)
        }
        line.append(",\"status\":")
        line.append(response?.status ?? Self.clientGone)
        if let failure = record?.failure ?? request.refused { Self.write(failure, to: &line) }
        line.append(",\"bytes\":")
        // A HEAD's answer has the body whose length it tells; none of it is sent.
        line.append(request.method == .head ? 0 : response?.body.count ?? 0)
        line.append(",\"ms\":")
        line.append(milliseconds: now - request.arrived)
        if let overhead = record?.overhead {
            line.append(",\"overheadMs\":")
            line.append(milliseconds: .microseconds(overhead))
        }
        if let leader = record?.coalescedWith { Self.write(coalescedWith: leader, to: &line) }
        if let earlier = record?.reusedFrom {
            line.append(",\"reusedFrom\":")
            line.append(quoted: earlier)
        }
        line.append(",\"parts\":[")
        if let record { Self.write(record.parts, record.attempts, since: request.arrived, to: &line) }
        line.append("]}\n")
    }

    private static func write(_ failure: Failure, to line: inout LineBytes) {
        line.append(",\"failure\":")
        line.append(quoted: failure.kind.rawValue)
        if case .upstream(_, let part?) = failure.origin {
            line.append(",\"failedPart\":")
            line.append(quoted: part)
        }
        line.append(",\"reason\":")
        line.append(quoted: failure.reason)
    }

    private static func write(
        _ parts: [RequestRecord.Part], _ attempts: [RequestRecord.Attempt], since arrived: ContinuousClock.Instant,
        to line: inout LineBytes
    ) {
        var isFirst = true
        for part in parts {
            line.append(isFirst ? "{\"name\":" : ",{\"name\":")
            isFirst = false
            line.append(quoted: part.name)
            write(part.outcome, to: &line)
            line.append(",\"ms\":")
            line.append(milliseconds: part.ended - part.started)
            line.append(",\"startMs\":")
            line.append(milliseconds: part.started - arrived)
            line.append(",\"attempts\":")
            line.append(part.attempts)
            // What the last of them met: the one that ended last.
            if let last = attempts.last(where: { $0.part == part.place }) { write(last, to: &line) }
            if let leader = part.coalescedWith { write(coalescedWith: leader, to: &line) }
            line.append("}")
        }
    }

    private static func write(_ attempt: RequestRecord.Attempt, to line: inout LineBytes) {
        if attempt.status > 0 {
            line.append(",\"status\":")
            line.append(Int(attempt.status))
        }
        if attempt.queued > 0 {
            line.append(",\"queuedMs\":")
            line.append(milliseconds: .microseconds(Int64(attempt.queued)))
        }
        line.append(",\"circuit\":")
        line.append(quoted: attempt.circuit.word)
    }

    private static func write(coalescedWith leader: String, to line: inout LineBytes) {
        line.append(",\"coalescedWith\":")
        line.append(quoted: leader)
    }

    private static func write(_ outcome: RequestRecord.Outcome, to line: inout LineBytes) {
        line.append(",\"outcome\":")
        line.append(quoted: outcome.word)
        if let kind = outcome.failure {
            line.append(",\"failure\":")
            line.append(quoted: kind.rawValue)
        }
        if case .stale(_, let age) = outcome {
            line.append(",\"age\":")
            line.append(Int(age.components.seconds))
        }
    }
}
