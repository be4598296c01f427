// Spans of all loops on their way to the collector: handed over by whichever loop made them, sent by the first.

internal import Configuration
internal import Logging
internal import Synchronization
internal import Telemetry
internal import Upstream

/// One for the whole gateway, whatever the configuration. From any thread.
final class TraceExport: Sendable {
    private struct Place {
        let loop: FanOutLoop
        let sender: LoopOwned<TraceSender>
    }

    let counts = TraceCounts()
    private let room = ExportRoom()
    private let logger: Logger
    /// Where it happens; nil: before `begin` and after `finish`.
    private let place = Mutex<Place?>(nil)

    init(_ logger: Logger) { self.logger = logger }

    /// Sends from `loop` from now on.
    func begin(on loop: FanOutLoop) {
        let sender = LoopOwned(TraceSender(room, counts, on: loop, logger), by: loop)
        place.withLock { $0 = Place(loop: loop, sender: sender) }
    }

    /// Sends where `settings` say, and nowhere else any more.
    func follow(_ settings: TelemetrySettings) {
        guard let place = place.withLock(\.self) else { return }
        place.loop.submit { place.sender.value.follow(settings) }
    }

    /// Takes a batch, or counts its spans as lost.
    func take(_ batch: SpanBatch) {
        guard let place = place.withLock(\.self) else { return counts.drop(batch.spans, .left) }
        guard room.take(batch.bytes.count) else { return counts.drop(batch.spans, .full) }
        place.loop.perform { place.sender.value.take(batch) }
    }

    /// Sends what is there, as far as that is done in time, and nothing afterwards. The loop must still run.
    func finish(within limit: Duration) async {
        let place = place.withLock { place in
            defer { place = nil }
            return place
        }
        guard let place else { return }
        await Task(executorPreference: place.loop) {
            await withUnsafeContinuation { continuation in
                place.sender.value.finish(within: limit) { continuation.resume() }
            }
        }.value
    }

    /// Bytes that wait, for tests.
    var waiting: Int { room.inUse }
}

extension Gateway {
    /// Has spans sent that still wait for company, so that the last requests are not missed.
    package func flushSpans() async {
        for runtime in runtimes { await runtime.flushTraces() }
    }

    /// What became of spans since the start: how many the collector took, how many were lost, and bytes that wait.
    package var spans: (exported: Int, dropped: Int, waiting: Int) {
        let counts = shared.traces.counts
        let dropped = TraceCounts.Loss.allCases.reduce(0) { $0 + counts.dropped($1) }
        return (counts.exported, dropped, shared.traces.waiting)
    }
}
