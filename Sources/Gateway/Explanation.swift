// What a request with `X-Gateway-Explain: 1` gets besides its usual answer, if its credential has the scope: every time that
// was taken, and where all of it can be read.

internal import Configuration
internal import Pipeline
internal import Telemetry

/// The words of an explained answer.
enum Explanation {
    /// Without it the request is answered as if it had not asked.
    static let scope = "gateway:explain"

    /// Whether a request is to be explained to who asks.
    static func isDue(_ request: Request, to principal: Principal?) -> Bool {
        request.wantsExplanation && principal?.scopes.contains(scope) == true
    }

    /// A path at the operator's address: not a link, since only operators know where that is.
    static func link(to id: String) -> Response.Field {
        Response.Field("X-Gateway-Explain", "/admin/waterfalls/\(id).json")
    }

    /// `Server-Timing` in full: turn, parts, their attempts, what they waited for, merging, the gateway's own time, total. Of a
    /// request that shared another's answer: how long it waited for that, and the parts in the other's time.
    static func timing(_ record: RequestRecord, total: Duration) -> Response.Field {
        var entries: [String] = []
        if let asked = record.turnAsked, let started = record.planStarted {
            entries.append(entry("turn", asked.duration(to: started).microseconds))
        }
        if let leader = record.coalescedWith, let asked = record.shareAsked {
            let waited = record.shareEnded.map { asked.duration(to: $0).microseconds } ?? total.microseconds
            entries.append(entry("shared", waited) + ";desc=\"with request \(leader)\"")
        }
        for part in record.parts {
            // Ids of requests need no escapes.
            let whose = part.coalescedWith.map { ";desc=\"of request \($0)\"" } ?? ""
            entries.append(entry(part.name, part.started.duration(to: part.ended).microseconds) + whose)
            for attempt in record.attempts where Int(attempt.part) == part.place {
                let name = "\(part.name).\(attempt.number)", phases = attempt.phases
                let words: [String?] = [
                    attempt.cause.word, attempt.failure?.rawValue,
                    attempt.status > 0 ? "status \(attempt.status)" : nil,
                ]
                let said = words.compactMap(\.self).joined(separator: ", ")
                let time = Int64(attempt.ended) - Int64(attempt.asked)
                entries.append(entry(name, time) + ";desc=\"\(said)\"")
                let pieces = [
                    ("queue", Int64(attempt.queued)), ("dns", phases.lookup), ("connect", phases.connect),
                    ("tls", phases.tls), ("wait", phases.firstByte), ("transfer", phases.transfer),
                ]
                entries += pieces.filter { $0.1 > 0 }.map { entry("\(name).\($0.0)", $0.1) }
            }
        }
        if let started = record.mergeStarted, let ended = record.mergeEnded {
            entries.append(entry("merge", started.duration(to: ended).microseconds))
        }
        if let own = record.overhead(of: total) { entries.append(entry("gateway", own)) }
        entries.append(entry("total", total.microseconds))
        return Response.Field("Server-Timing", entries.joined(separator: ", "))
    }

    private static func entry(_ name: String, _ microseconds: Int64) -> String {
        let time = WrittenJSON.number(Double(microseconds) / 1000).flat
        return "\(name);dur=\(time)"
    }
}
