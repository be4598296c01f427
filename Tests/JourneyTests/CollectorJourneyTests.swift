// A collector that is away, busy, silent or another one than before: what waits, what is lost, and what requests notice.

import Configuration
import Gateway
import StubUpstreams
import Support
import Testing

extension Settings {
    mutating func export(to collector: Collector) {
        telemetry.otlp = collector.url
        telemetry.traceSample = 1
        tryOnce()
    }
}

@Suite struct CollectorJourneyTests {
    @Test func `requests do not notice, spans wait, and go when it is back`() async throws {
        let collector = try Collector(listening: false)
        let log = LogLines()
        try await withGateway(settings: { $0.export(to: collector) }, log: log) { gateway in
            for _ in 0..<3 {
                #expect(try await gateway.get(Fixtures.active).status == 200)
                await gateway.gateway.flushSpans()
            }
            let failures = #"gateway_trace_exports_total{result="failure"} "#
            #expect(
                try await eventually { try await !gateway.figures().contains(failures + "0\n") })
            #expect(gateway.gateway.spans.waiting > 0)

            try collector.listen()

            #expect(await eventually { collector.spans.count == 33 })
            #expect(await eventually { gateway.gateway.spans == (33, 0, 0) })
            #expect(log.lines.contains { $0.contains("Traces cannot be exported.") })
            #expect(await eventually { log.lines.contains { $0.contains("Traces are exported again.") } })
        }
    }

    @Test func `a collector that is busy is asked again when it says, and one that refuses is not`() async throws {
        let collector = try Collector()
        collector.answer(503, fields: "Retry-After: 1\r\n")
        try await withGateway(settings: { $0.export(to: collector) }) { gateway in
            _ = try await gateway.get(Fixtures.active)
            await gateway.gateway.flushSpans()
            #expect(await eventually { collector.exports.count == 1 })
            let asked = ContinuousClock.now
            collector.answer(400)

            #expect(await eventually { collector.exports.count == 2 })
            #expect(asked.duration(to: .now) > .milliseconds(800))
            #expect(await eventually { gateway.gateway.spans == (0, 11, 0) })
            #expect(try await gateway.figures().contains(#"gateway_trace_spans_dropped_total{reason="refused"} 11"#))
        }
    }

    @Test func `what a collector rejects of an export is counted`() async throws {
        let collector = try Collector()
        // ExportTraceServiceResponse { partial_success { rejected_spans: 4 } }
        collector.answer(200, reply: [0x0a, 0x02, 0x08, 0x04])
        try await withGateway(settings: { $0.export(to: collector) }) { gateway in
            _ = try await gateway.get(Fixtures.active)
            await gateway.gateway.flushSpans()

            #expect(await eventually { gateway.gateway.spans == (7, 4, 0) })
        }
    }

    @Test func `what is there when the gateway leaves is sent`() async throws {
        let collector = try Collector()
        try await withGateway(settings: { $0.export(to: collector) }) { gateway in
            _ = try await gateway.get(Fixtures.active)
        }

        #expect(collector.spans.count == 11)
    }

    @Test(arguments: [true, false])
    func `a gateway leaves in time though its collector is not there, or silent`(listening: Bool) async throws {
        let collector = try Collector(listening: listening)
        collector.fallSilent()
        let gateway = try await RunningGateway.start(settings: { $0.export(to: collector) })
        _ = try await gateway.get(Fixtures.active)
        let begin = ContinuousClock.now

        try await gateway.stop()

        #expect(begin.duration(to: .now) < .seconds(listening ? 5 : 1.5))
        #expect(gateway.gateway.spans == (0, 11, 0))
    }

    @Test func `a reload changes where and what is sent, and stops it`() async throws {
        let one = try Collector(), two = try Collector()
        try await withGateway(settings: { $0.export(to: one) }) { gateway in
            var settings = gateway.gateway.settings
            _ = try await gateway.get(Fixtures.active)
            await gateway.gateway.flushSpans()
            #expect(await eventually { one.spans.count == 11 })

            settings.telemetry.otlp = two.url
            try await gateway.gateway.reload(settings)
            _ = try await gateway.get(Fixtures.active)
            await gateway.gateway.flushSpans()
            #expect(await eventually { two.spans.count == 11 })

            settings.telemetry.traceSample = 0
            try await gateway.gateway.reload(settings)
            _ = try await gateway.get(Fixtures.active)
            settings.telemetry.otlp = nil
            try await gateway.gateway.reload(settings)
            _ = try await gateway.get(Fixtures.active)
            await gateway.gateway.flushSpans()

            #expect(one.spans.count == 11 && two.spans.count == 11)
            #expect(gateway.gateway.spans.dropped == 0)
        }
    }
}
