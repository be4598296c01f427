// The tracer behind swift-distributed-tracing's API, and what is written through it to whichever tracer is there.

import Configuration
import InMemoryTracing
import Pipeline
import Support
import Testing
import Tracing

@testable import Telemetry

struct SpanTracerTests {
    private struct Fields: Extractor, Injector {
        func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
        func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) { carrier[key] = value }
    }

    private let batcher = SpanBatcher()
    private var tracer: SpanTracer { SpanTracer(into: batcher) }

    private func spans() throws -> [CollectedSpan] {
        let batch = try #require(batcher.batch())
        return try #require(CollectedExport(OTLP.request(batch, from: [("service.name", "test")]))).spans
    }

    @Test func `spans are within those whose context they were given`() throws {
        var context = InstrumentationContext.topLevel
        tracer.extract(
            ["traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tracestate": "a=1"],
            into: &context, using: Fields())
        var sent: [String: String] = [:]

        tracer.withSpan("outer", context: context, ofKind: .server) { outer in
            outer.attributes["flag"] = true
            tracer.withSpan("inner", context: outer.context) { tracer.inject($0.context, into: &sent, using: Fields()) }
        }
        let spans = try spans()

        #expect(spans.map(\.name) == ["inner", "outer"])
        #expect(spans.map(\.kind) == [1, 2])
        #expect(spans[1].parent == "b7ad6b7169203331")
        #expect(spans[0].parent == spans[1].id)
        #expect(spans.map(\.flags) == [0x101, 0x301])
        #expect(spans[1].attributes == ["flag": .flag(true)])
        #expect(sent == ["traceparent": "00-0af7651916cd43dd8448eb211c80319c-\(spans[0].id)-01", "tracestate": "a=1"])
    }

    @Test func `a span may be told its id, and those within it are not`() throws {
        var context = InstrumentationContext.topLevel
        context.wantedSpanID = 0xab
        let span = tracer.startSpan("one", context: context)
        tracer.startSpan("two", context: span.context).end()
        span.end()
        let spans = try spans()

        #expect(spans[1].id == "00000000000000ab" && spans[1].parent == "")
        #expect(spans[0].id != spans[1].id && spans[0].parent == spans[1].id)
        #expect(spans[0].trace == spans[1].trace)
    }

    @Test func `nothing changes a span that has ended`() throws {
        let span = tracer.startSpan("one", at: SpanInstant(nanosecondsSinceEpoch: 50))
        span.recordError(CancellationError())
        // A clock that was set back.
        span.end(at: SpanInstant(nanosecondsSinceEpoch: 40))
        span.operationName = "two"
        span.attributes = ["late": true]
        span.end()
        let spans = try spans()

        #expect(!span.isRecording)
        #expect(spans.map(\.name) == ["one"])
        #expect(spans[0].start == 50 && spans[0].end == 50)
        #expect(spans[0].attributes.isEmpty)
        #expect(spans[0].events.map(\.name) == ["exception"])
    }

    @Test func `a batch is full by spans, or by bytes`() {
        for _ in 0..<511 { tracer.startSpan("x").end() }
        #expect(!batcher.isFull)
        tracer.startSpan("x").end()
        #expect(batcher.isFull)
        #expect(batcher.batch()?.spans == 512)
        #expect(batcher.isEmpty && !batcher.isFull)

        tracer.startSpan(String(repeating: "x", count: SpanBatcher.mostBytes)).end()
        #expect(batcher.isFull)
    }
}
