// The gateway's tracer behind swift-distributed-tracing's API: a span that ends becomes bytes at once, in a batch that waits
// to be sent.

internal import Pipeline
internal import Synchronization
package import Tracing

/// Makes spans for one batcher. From any thread.
package struct SpanTracer: Tracer {
    package typealias Span = RecordedSpan

    private let batcher: SpanBatcher

    package init(into batcher: SpanBatcher) { self.batcher = batcher }

    /// Within `context().place`, and with the id that it wants; without a place it begins a trace.
    package func startSpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> InstrumentationContext, ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant, function _: String, file _: String, line _: UInt
    ) -> RecordedSpan {
        var inner = context()
        let place = inner.place ?? SpanPlace(batcher.newTrace(), span: 0)
        let id = inner.wantedSpanID ?? batcher.newSpan()
        inner.wantedSpanID = nil
        inner.place = SpanPlace(place.trace, span: id)
        return RecordedSpan(
            SpanRecord(
                id: id, place: place, name: operationName, kind: kind, start: instant().nanosecondsSinceEpoch),
            context: inner, batcher: batcher)
    }

    /// Whoever owns the batcher flushes it.
    package func forceFlush() {}

    package func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier, into context: inout InstrumentationContext, using extractor: Extract
    ) where Extract.Carrier == Carrier {
        guard let parent = extractor.extract(key: "traceparent", from: carrier),
            let trace = Trace(
                traceparent: parent, tracestate: extractor.extract(key: "tracestate", from: carrier))
        else { return }
        context.place = SpanPlace(trace, span: trace.parent, isRemote: true)
    }

    package func inject<Carrier, Inject: Injector>(
        _ context: InstrumentationContext, into carrier: inout Carrier, using injector: Inject
    ) where Inject.Carrier == Carrier {
        guard let place = context.place, place.span != 0 else { return }
        injector.inject(place.trace.traceparent(span: place.span), forKey: "traceparent", into: &carrier)
        if !place.trace.state.isEmpty { injector.inject(place.trace.state, forKey: "tracestate", into: &carrier) }
    }
}

/// What is known of a span.
struct SpanRecord {
    let id: UInt64
    /// Where it stands: its trace and parent.
    let place: SpanPlace
    var name: String
    let kind: SpanKind
    /// Nanoseconds since 1970, as `end`.
    let start: UInt64
    var end: UInt64 = 0
    var attributes = SpanAttributes()
    var events: [SpanEvent] = []
    var links: [SpanLink] = []
    var status: SpanStatus?

    init(id: UInt64, place: SpanPlace, name: String, kind: SpanKind, start: UInt64) {
        self.id = id
        self.place = place
        self.name = name
        self.kind = kind
        self.start = start
    }
}

/// A span under way. Once ended it is in the batch, and nothing changes it any more.
package final class RecordedSpan: Span {
    private struct State {
        var record: SpanRecord
        var hasEnded = false
    }

    package let context: InstrumentationContext
    private let batcher: SpanBatcher
    private let state: Mutex<State>

    init(_ record: SpanRecord, context: InstrumentationContext, batcher: SpanBatcher) {
        self.context = context
        self.batcher = batcher
        state = Mutex(State(record: record))
    }

    package var isRecording: Bool { state.withLock { !$0.hasEnded } }

    package var operationName: String {
        get { state.withLock { $0.record.name } }
        set { change { $0.name = newValue } }
    }

    package var attributes: SpanAttributes {
        get { state.withLock { $0.record.attributes } }
        set { change { $0.attributes = newValue } }
    }

    package func setStatus(_ status: SpanStatus) { change { $0.status = status } }
    package func addEvent(_ event: SpanEvent) { change { $0.events.append(event) } }
    package func addLink(_ link: SpanLink) { change { $0.links.append(link) } }

    package func recordError<Instant: TracerInstant>(
        _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
    ) {
        var attributes = attributes
        attributes.set("exception.type", value: .string(String(describing: type(of: error))))
        addEvent(SpanEvent(name: "exception", at: instant(), attributes: attributes))
    }

    package func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        let end = instant().nanosecondsSinceEpoch
        let record = state.withLock { state -> SpanRecord? in
            guard !state.hasEnded else { return nil }
            state.hasEnded = true
            // Times of day may have been set back meanwhile.
            state.record.end = max(end, state.record.start)
            return state.record
        }
        if let record { batcher.take(record) }
    }

    private func change(_ change: (inout SpanRecord) -> Void) {
        state.withLock { if !$0.hasEnded { change(&$0.record) } }
    }
}
