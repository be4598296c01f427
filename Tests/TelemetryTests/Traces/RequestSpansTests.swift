// What a record becomes, seen through swift-distributed-tracing's own tracer.

import Configuration
import InMemoryTracing
import Pipeline
import Testing
import Tracing

@testable import Telemetry

struct RequestSpansTests {
    private let start = ContinuousClock.now
    private let record: RequestRecord
    private let request: Request

    init() {
        var random = FastRandom(seed: 1)
        record = RequestRecord(trace: Trace(share: 1, using: &random), arrived: start)
        request = Request(
            method: .get, path: "/api/contacts/7", client: "192.0.2.1", id: "r1", arrived: start, completed: start)
        record.outline = PlanOutline([PlanOutline.Part(name: "contact", upstream: "crm", needs: [])])
    }

    private func spans(_ request: Request? = nil, _ response: Response? = Response(status: 200))
        -> [FinishedInMemorySpan]
    {
        let tracer = InMemoryTracer()
        var settings = Settings()
        settings.upstreams = [
            UpstreamSettings(name: "crm", endpoints: [.url("https://[::1]:8443"), .unix("/run/crm")])
        ]
        RequestSpans(settings).emit(
            request ?? self.request, record, response, at: start + .milliseconds(10), wall: .seconds(1_000),
            with: tracer)
        return tracer.finishedSpans
    }

    private func attempt(_ change: (inout RequestRecord.Attempt) -> Void) -> RequestRecord.Attempt {
        var random = FastRandom(seed: 2)
        let asker = Call.Asker(tenant: "t", requestID: "r1", trace: Trace(using: &random))
        let call = Call(part: "contact", path: "/", asker: asker, deadline: start, asked: start + .milliseconds(1))
        var attempt = RequestRecord.Attempt(of: call, arrived: start)
        attempt.span = 7
        attempt.begun = 2_000
        attempt.ended = 9_000
        attempt.endpoint = 0
        change(&attempt)
        return attempt
    }

    private func part(_ outcome: RequestRecord.Outcome = .fetched) -> RequestRecord.Part {
        RequestRecord.Part(
            name: "contact", started: start + .milliseconds(1), ended: start + .milliseconds(9), outcome: outcome,
            attempts: 1)
    }

    @Test func `times are those of the record, by the time of day at its end`() {
        record.parts = [part()]
        record.attempts = [
            attempt {
                $0.wire.isNewConnection = true
                $0.wire.connected = 500
                // Later than the attempt's end, as libcurl's clock may have it.
                $0.wire.firstByte = 7_001
            }
        ]

        let spans = spans()

        #expect(spans.map(\.operationName) == ["GET", "contact", "GET"])
        let milliseconds = spans.map {
            [$0.startInstant, $0.endInstant].map { Double($0.nanosecondsSinceEpoch) / 1e6 }
        }
        #expect(milliseconds == [[999_992, 999_999], [999_991, 999_999], [999_990, 1_000_000]])
        #expect(spans[0].events.map(\.name) == ["connected", "first byte received"])
        #expect(spans[0].events.map { Double($0.nanosecondsSinceEpoch) / 1e6 } == [999_992.5, 999_999])
        #expect(spans.map(\.kind) == [.client, .internal, .server])
    }

    @Test(arguments: [(UInt8(0), "::1", Optional(8443)), (1, "/run/crm", nil), (2, nil, nil)])
    func `an attempt says where it went`(endpoint: UInt8, host: String?, port: Int?) {
        record.parts = [part()]
        record.attempts = [attempt { $0.endpoint = endpoint }]

        let attributes = spans()[0].attributes

        #expect(attributes.get("server.address") == host.map { .string($0) })
        #expect(attributes.get("server.port") == port.map { .int64(Int64($0)) })
    }

    @Test func `an attempt that was not made is a moment of its part`() {
        record.parts = [part(.failed(.circuitOpen))]
        record.attempts = [
            attempt {
                $0.span = 0
                $0.begun = nil
                $0.failure = .circuitOpen
            }
        ]

        let spans = spans()

        #expect(spans.count == 2 && RequestSpans.count(record) == 2)
        #expect(spans[0].events.map(\.name) == ["attempt refused"])
        #expect(spans[0].events.first?.attributes.get("error.type") == .string("circuit_open"))
        #expect(spans[0].status?.code == .error)
    }

    @Test func `who was given an earlier answer says whose`() throws {
        record.reusedFrom = "r0"
        record.parts = [part()]

        let spans = spans()
        let span = try #require(spans.first)

        #expect(spans.count == 1 && RequestSpans.count(record) == 1)
        #expect(span.attributes.get("gateway.reused_from") == .string("r0"))
        #expect(span.attributes.get("gateway.coalesced_with") == nil)
    }

    @Test func `what was cancelled is no error`() {
        record.parts = [part(.cancelled)]
        record.attempts = [attempt { $0.failure = .cancelled }]

        let spans = spans()

        #expect(spans.allSatisfy { $0.status == nil })
        #expect(spans[0].attributes.get("error.type") == .string("cancelled"))
    }

    @Test func `no text of a client names a span, and its path has an end`() {
        var odd = Request(
            method: .other("BREW"), path: "/" + String(repeating: "x", count: 9_000), client: "192.0.2.1", id: "r1",
            arrived: start, completed: start)
        odd.transport = .http2

        let span = spans(odd, Response(status: 405))[0]

        #expect(span.operationName == "HTTP")
        #expect(span.attributes.get("http.request.method") == .string("_OTHER"))
        #expect(span.attributes.get("url.path") == .string("/" + String(repeating: "x", count: 511)))
        #expect(span.attributes.get("network.protocol.version") == .string("2"))
        #expect(span.status == nil)
    }

    @Test func `of a client that left there is no status`() {
        record.failure = Failure(.clientGone, .downstream, "The client left.")

        let span = spans(request, nil)[0]

        #expect(span.attributes.get("http.response.status_code") == nil)
        #expect(span.attributes.get("error.type") == .string("client_gone"))
    }
}
