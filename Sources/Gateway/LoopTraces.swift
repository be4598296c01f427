// A loop's side of tracing: of a request that has ended it decides whether it is told, makes its spans, and hands them over
// in time.

internal import Configuration
internal import Pipeline
internal import Telemetry
internal import Upstream

/// Spans of one generation on one loop, until there are enough or the oldest has waited.
final class LoopTraces: Sleeper {
    private let spans: RequestSpans
    private let batcher = SpanBatcher()
    private var keeping: TraceKeeping
    private let export: TraceExport
    private unowned let loop: FanOutLoop
    private var alarm: AlarmID?

    /// Nil: `settings` name no collector.
    init?(_ settings: Settings, to export: TraceExport, on loop: FanOutLoop) {
        guard settings.telemetry.otlp != nil else { return nil }
        spans = RequestSpans(settings)
        keeping = TraceKeeping(slow: settings.telemetry.traceSlow, at: loop.now)
        self.export = export
        self.loop = loop
    }

    // With the last request of its generation.
    deinit { handOver() }

    /// - Parameter response: what the client got; nil: it had left.
    func note(_ request: Request, _ record: RequestRecord, _ response: Response?, at now: ContinuousClock.Instant) {
        let took = record.arrived.duration(to: now)
        switch keeping.verdict(on: record, status: response?.status, took: took, at: now) {
        case .left: return
        case .tooMany: export.counts.drop(RequestSpans.count(record), .tooMany)
        case .kept:
            spans.emit(request, record, response, at: now, wall: WallClock.now, with: SpanTracer(into: batcher))
            if batcher.isFull {
                handOver()
            } else if alarm == nil {
                alarm = loop.setAlarm(at: now + SpanBatcher.patience, for: self)
            }
        }
    }

    /// The oldest span has waited long enough, or the loop ends.
    func wake() {
        alarm = nil
        handOver()
    }

    func handOver() {
        if let batch = batcher.batch() { export.take(batch) }
    }
}
