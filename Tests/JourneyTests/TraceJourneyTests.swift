// Traces as a collector gets them: the tree of a request, which requests are told, and a collector that is not there.

import Configuration
import Gateway
import StubUpstreams
import Support
import Testing

@Suite struct TraceJourneyTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let parent = "00f067aa0ba902b7"
    private static let traceparent = "00-\(trace)-\(parent)-01"

    private func traced(
        _ collector: Collector, sample: Double = 1, tries: Bool = false
    ) -> (inout Settings) -> Void {
        {
            $0.telemetry.otlp = collector.url
            $0.telemetry.traceSample = sample
            if !tries { $0.tryOnce() }
        }
    }

    /// Spans of the request with this id, once `count` of them have come.
    private func spans(
        _ count: Int, at collector: Collector, from gateway: RunningGateway
    ) async throws -> [CollectedSpan] {
        await gateway.gateway.flushSpans()
        let haveCome = await eventually { collector.spans.count >= count }
        try #require(haveCome, "\(collector.spans.count) spans came")
        return collector.spans
    }

    private func root(_ spans: [CollectedSpan]) throws -> CollectedSpan { try #require(spans.first { $0.kind == 2 }) }

    private func named(_ name: String, _ spans: [CollectedSpan]) throws -> CollectedSpan {
        try #require(spans.first { $0.name == name && $0.kind == 1 })
    }

    @Test func `a request with a retried call is a tree, with the ids that upstreams were told`() async throws {
        let collector = try Collector()
        let script = Script(rules: [Rule(path: "/contacts/{id}", calls: .first(1), .status(503))])
        try await withGateway(script: script, settings: traced(collector, tries: true)) { gateway in
            let reply = try await gateway.get(
                Fixtures.active, [("traceparent", Self.traceparent), ("tracestate", "vendor=1")])
            let spans = try await spans(12, at: collector, from: gateway)

            #expect(reply.status == 200)
            #expect(spans.count == 12)
            #expect(spans.allSatisfy { $0.trace == Self.trace && $0.state == "vendor=1" })
            #expect(Set(spans.map(\.id)).count == 12)

            let root = try root(spans)
            #expect(root.parent == Self.parent)
            #expect(root.name == "GET /api/conversations/{id}")
            #expect(root.text("http.route") == "/api/conversations/{id}")
            #expect(root.text("url.path") == RunningGateway.path(Fixtures.active))
            #expect(root.text("http.request.method") == "GET")
            #expect(root.whole("http.response.status_code") == 200)
            #expect(root.text("client.address") == "127.0.0.1")
            #expect(root.text("network.protocol.version") == "1.1")
            #expect(root.text("gateway.request.id") == reply["X-Request-Id"])
            #expect(root.text("gateway.tenant") == Fixtures.tenantA)
            #expect(root.attributes["error.type"] == nil)
            #expect(root.status == 0)
            #expect(root.flags == 0x301)

            let parts = spans.filter { $0.kind == 1 }
            #expect(
                Set(parts.map(\.name)) == ["conversation", "messages", "attentionItems", "contact", "account"])
            #expect(parts.allSatisfy { $0.parent == root.id && $0.isDuring(root) && $0.flags == 0x101 })

            let attempts = spans.filter { $0.kind == 3 }
            #expect(
                Set(attempts.map(\.id))
                    == Set(
                        gateway.stubs.calls.compactMap {
                            $0.value("traceparent").map { String($0.split(separator: "-")[2]) }
                        }))
            for attempt in attempts {
                let part = try #require(parts.first { $0.id == attempt.parent })
                #expect(attempt.isDuring(part))
                #expect(attempt.events.allSatisfy { (attempt.start...attempt.end).contains($0.time) })
                #expect(attempt.text("server.address") == "127.0.0.1")
                #expect(attempt.whole("server.port") != nil)
            }
            let contact = try named("contact", spans)
            let tries = attempts.filter { $0.parent == contact.id }.sorted { $0.start < $1.start }
            #expect(tries.map { $0.whole("http.response.status_code") } == [503, 200])
            #expect(tries.map { $0.text("error.type") } == ["upstream_server_error", nil])
            #expect(tries.map(\.status) == [2, 0])
            #expect(tries.map { $0.whole("http.request.resend_count") } == [nil, 1])
            #expect(tries.map { $0.text("gateway.attempt.cause") } == ["first", "retry"])
            #expect(contact.status == 0)
            // The first call of all opens a connection, and gets its answer over it.
            let first = try #require(attempts.min { $0.start < $1.start })
            #expect(first.events.map(\.name).contains("connected"))
            #expect(first.events.map(\.name).contains("first byte received"))
        }
    }

    @Test func `the collector is asked as OTLP over HTTP has it`() async throws {
        let collector = try Collector()
        let change: (String) -> String = {
            $0.replacing(
                "telemetry: { accessLog: off }",
                with:
                    #"telemetry: { accessLog: off, traces: { sample: 100%, otlp: "\#(collector.url)/base/", headers: { Authorization: Bearer secret } } }"#
            )
        }
        try await withGateway(configuration: change) { gateway in
            for _ in 0..<2 {
                _ = try await gateway.get(Fixtures.active)
                await gateway.gateway.flushSpans()
            }
            #expect(await eventually { collector.spans.count == 22 })

            let export = try #require(collector.exports.first)
            #expect(export.head.hasPrefix("POST /base/v1/traces HTTP/1.1\r\n"))
            for field in [
                "Content-Type: application/x-protobuf", "Authorization: Bearer secret",
                "Host: 127.0.0.1:\(collector.port)",
                "Content-Length: \(export.body.count)",
            ] {
                #expect(export.head.split(separator: "\r\n").count { $0 == field } == 1)
            }
            #expect(!export.head.contains("Expect") && !export.head.contains("X-Tenant-Id"))
            let decoded = try #require(CollectedExport(export.body))
            #expect(decoded.resource["service.name"] == .text("conversation-gateway"))
            #expect(decoded.resource["service.instance.id"] != nil)
            #expect(decoded.scope == "conversation-gateway")
            // No credential, nowhere.
            #expect(!String(decoding: export.body, as: UTF8.self).contains("sf_"))
            // Counted by the loop that sends, when it has read the answer.
            #expect(await eventually { gateway.gateway.spans.exported == 22 })
            let figures = try await gateway.figures()
            #expect(figures.contains("gateway_trace_spans_exported_total 22\n"))
            #expect(figures.contains(#"gateway_trace_exports_total{result="success"} 2"# + "\n"))
            #expect(figures.contains(#"gateway_trace_spans_dropped_total{reason="full"} 0"# + "\n"))
        }
    }

    @Test func `an error and a slow request are told though no others are`() async throws {
        let collector = try Collector()
        let script = Script(rules: [
            Rule(path: "/contacts/{id}", id: Fixtures.consumer.contactID, .status(500)),
            Rule(path: "/conversations/{id}", id: Fixtures.resolved.id, .delay(.fixed(.milliseconds(300)))),
        ])
        let settings: (inout Settings) -> Void = {
            traced(collector, sample: 0)(&$0)
            $0.telemetry.traceSlow = 0.1
            $0.routes[0].deadline = .seconds(3)
        }
        try await withGateway(script: script, settings: settings) { gateway in
            let usual = try await gateway.get(Fixtures.active)
            let unknown = try await gateway.get(Fixtures.active, key: "nobody")
            let failed = try await gateway.get(Fixtures.consumer)
            let slow = try await gateway.get(Fixtures.resolved)
            await gateway.gateway.flushSpans()
            #expect(await eventually { collector.spans.count { $0.kind == 2 } == 2 })

            let roots = collector.spans.filter { $0.kind == 2 }
            #expect([usual, unknown, failed, slow].map(\.status) == [200, 401, 502, 200])
            #expect(
                Set(roots.map { $0.text("gateway.request.id") }) == [failed["X-Request-Id"], slow["X-Request-Id"]])
            let error = try #require(roots.first { $0.whole("http.response.status_code") == 502 })
            #expect(error.status == 2)
            #expect(error.text("error.type") == "upstream_server_error")
            #expect(error.text("gateway.failed_part") == "contact")
            // Upstreams were told that it is not recorded; nobody knew yet.
            #expect(gateway.stubs.calls.allSatisfy { $0.value("traceparent")?.hasSuffix("-00") == true })
        }
    }

    @Test func `a client that says so is recorded, and one that says no is not`() async throws {
        let collector = try Collector()
        try await withGateway(settings: traced(collector, sample: 1)) { gateway in
            _ = try await gateway.get(Fixtures.active, [("traceparent", "00-\(Self.trace)-\(Self.parent)-00")])
            let other = "a" + Self.trace.dropFirst()
            _ = try await gateway.get(Fixtures.active, [("traceparent", "00-\(other)-\(Self.parent)-01")])
            let spans = try await spans(11, at: collector, from: gateway)

            #expect(spans.count == 11)
            #expect(spans.allSatisfy { $0.trace == other })
        }
    }

    @Test func `a part that could not be fetched says why`() async throws {
        let collector = try Collector()
        let change: (String) -> String = {
            $0.replacing(
                #"schema: Account, onNotFound: "null", onFailure: fail"#,
                with: #"schema: Account, onNotFound: "null", onFailure: "null""#)
        }
        let script = Script.parts(["account": [.status(500)], "contact": [.status(404)]])
        try await withGateway(script: script, configuration: change, settings: traced(collector)) { gateway in
            let reply = try await gateway.get(Fixtures.active)
            let spans = try await spans(11, at: collector, from: gateway)

            #expect(reply.status == 200)
            let account = try named("account", spans), contact = try named("contact", spans)
            #expect(account.text("gateway.part.outcome") == "missing")
            #expect(account.text("error.type") == "upstream_server_error")
            #expect(account.status == 2)
            #expect(contact.text("gateway.part.outcome") == "gone")
            #expect(contact.status == 0)
            #expect(spans.first { $0.parent == contact.id }?.whole("http.response.status_code") == 404)
        }
    }
}
