// Outermost of all layers: it sees what the client really gets, whatever became of the request below.

internal import Pipeline
internal import Telemetry
internal import Upstream

/// Opens a request's record, completes its response, counts it, and tells the access log and the traces.
struct Observation: Layer {
    /// Nil: no access log.
    let log: Confined<LoopLog>?
    /// Nil: nothing is remembered for operators.
    var traffic: Confined<LoopTraffic>?
    /// Nil: no collector.
    var traces: Confined<LoopTraces>?
    /// Nil: nothing is counted.
    var figures: Confined<LoopFigures>?
    let random: Confined<SharedRandom>
    let traceSample: Double
    let serverTiming: Bool

    func answer(_ request: Request, next: any Service<Request, Response>) async throws(Failure) -> Response {
        var request = request
        let record = RequestRecord(trace: trace(of: request), arrived: request.arrived)
        request.record = Confined(record)
        var response = try await next.answer(request)
        response.fields.append(Response.Field("X-Request-Id", request.id))
        response.fields.append(Response.Field("X-Content-Type-Options", "nosniff"))
        let now = ContinuousClock.now
        let total = request.arrived.duration(to: now)
        let isExplained = Explanation.isDue(request, to: record.principal)
        // A 404 is the same for a record that is not there and one that the caller may not see; their times are not.
        if serverTiming || isExplained, !record.parts.isEmpty, response.status != 404 {
            response.fields.append(
                isExplained
                    ? Explanation.timing(record, total: total) : ServerTiming.field(record.parts, total: total))
        }
        if isExplained { response.fields.append(Explanation.link(to: request.id)) }
        record.overhead = record.overhead(of: total)
        // A client that left gets nothing; the log says so with a 499.
        let sent = record.failure?.kind == .clientGone ? nil : response
        log?.value.append(request, response: sent, at: now)
        traces?.value.note(request, record, sent, at: now)
        figures?.value.note(record, status: sent?.status ?? AccessLogBuffer.clientGone, took: total)
        traffic?.value.note(request, record, response: sent, isExplained: isExplained, at: now)
        return response
    }

    /// The client's trace, or a new one.
    private func trace(of request: Request) -> Trace {
        if let parent = request.traceparent, let trace = Trace(traceparent: parent, tracestate: request.tracestate) {
            return trace
        }
        return random.value.use { Trace(share: traceSample, using: &$0) }
    }
}

/// One generator for all requests of a loop.
final class SharedRandom {
    private var random = FastRandom()

    func use<Result>(_ body: (inout FastRandom) -> Result) -> Result { body(&random) }
}

/// A loop's access log lines, handed on in time even when no further request comes.
final class LoopLog: Sleeper {
    private let buffer: AccessLogBuffer
    private let log: AccessLog
    private unowned let loop: FanOutLoop

    init(to log: AccessLog, on loop: FanOutLoop) {
        buffer = AccessLogBuffer(to: log.writer)
        self.log = log
        self.loop = loop
    }

    // Before the log goes, which may end with it.
    deinit { buffer.flush() }

    func append(_ request: Request, response: Response?, at now: ContinuousClock.Instant) {
        let wasEmpty = buffer.due == nil
        buffer.append(request, response: response, at: now)
        if wasEmpty, let due = buffer.due { loop.setAlarm(at: due, for: self) }
    }

    /// The oldest line has waited long enough, or the loop ends.
    func wake() { buffer.flush() }
}
