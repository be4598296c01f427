// What the layers above the wire note of attempts in the request's record: those that were refused, and why others were made.

import Pipeline
import Testing

@testable import Resilience

struct NotedAttemptsTests {
    private func record() throws -> RequestRecord {
        let trace = try #require(
            Trace(traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", tracestate: nil))
        return RequestRecord(trace: trace, arrived: .now)
    }

    private func call(_ record: RequestRecord, at now: ContinuousClock.Instant) -> Call {
        let asker = Call.Asker(tenant: "tenant", requestID: "request", trace: record.trace, record: Confined(record))
        return Call(part: "contact", place: 3, path: "/contacts/1", asker: asker, deadline: now + .seconds(60))
    }

    @Test func `a retry knows that it is one, and its number`() throws {
        let bench = RetriesBench(endpoints: 2)

        _ = bench.layer.begin(call(try record(), at: bench.loop.now)) { _ in }
        bench.fail(.status(503))
        bench.fail(.refused())
        bench.wire.finish(.fine)

        #expect(bench.wire.begun.map(\.call.number) == [1, 2, 3])
        #expect(bench.wire.begun.map(\.call.cause) == [.first, .retry, .elsewhere])
        let asked = bench.wire.begun.map(\.call.asked)
        #expect(asked == asked.sorted())
    }

    @Test func `a place that is got at once is no wait, and one that was waited for is`() throws {
        let (loop, wire) = (ScriptedLoop(), ScriptedWire())
        let places = Places(most: 1, queue: 1, wait: .seconds(1))
        let layer = Concurrency("crm", places, wait: .seconds(1), on: loop, before: wire)
        let record = try record()

        for _ in 0..<2 { _ = layer.begin(call(record, at: loop.now)) { _ in } }
        let begun = ContinuousClock.now
        while begun.duration(to: .now) < .microseconds(50) {}
        places.giveBack()

        let queued = wire.begun.map(\.call.queued)
        #expect(queued.first == 0)
        #expect(queued.last.map { $0 >= 50 } == true)
    }

    @Test func `who finds the line full, waits in vain or is cancelled there was not begun`() throws {
        let (loop, wire) = (ScriptedLoop(), ScriptedWire())
        let layer = Concurrency(
            "crm", Places(most: 1, queue: 1, wait: .seconds(1)), wait: .seconds(1), on: loop, before: wire)
        let record = try record()

        for _ in 0..<3 { _ = layer.begin(call(record, at: loop.now)) { _ in } }
        loop.advance(by: .seconds(2))
        let waiting = layer.begin(call(record, at: loop.now)) { _ in }
        waiting?.cancel()

        #expect(record.attempts.map(\.failure) == [.noPlace, .noPlace, .cancelled])
        #expect(record.attempts.map(\.part) == [3, 3, 3])
        #expect(record.attempts.allSatisfy { $0.begun == nil && $0.endpoint == nil && $0.circuit == .closed })
    }

    @Test func `an open circuit is noted as such`() throws {
        let loop = ScriptedLoop(), wire = ScriptedWire()
        let endpoints = Endpoints(limits { $0.circuit.calls = 1 })
        let view = EndpointView(of: endpoints, on: loop)
        let layer = EndpointChoice("crm", view, on: loop, before: wire)
        wire.tells = view.ended
        let record = try record()

        _ = layer.begin(call(record, at: loop.now)) { _ in }
        wire.finish(.status(500))
        var late = call(record, at: loop.now)
        // It stood in a line before, for so long.
        late.queued = 700
        // By the time of the refusal it is some microseconds old, in which it waited for nothing.
        let first = call(record, at: loop.now), begun = ContinuousClock.now
        while begun.duration(to: .now) < .microseconds(50) {}
        for call in [first, late] { _ = layer.begin(call) { _ in } }

        #expect(record.attempts.map(\.failure) == [.circuitOpen, .circuitOpen])
        #expect(record.attempts.map(\.circuit) == [.open, .open])
        #expect(record.attempts.map(\.queued) == [0, 700])
    }
}
