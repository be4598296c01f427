// When circuits keep calls from their endpoints: the layer over a scripted wire, by a made-up clock.

import Pipeline
import Testing

@testable import Resilience

struct EndpointCircuitTests {
    private func circuit(endpoints: Int = 1, calls: Int = 4, probes: Int = 2) -> EndpointLimits {
        limits(endpoints: endpoints) {
            $0.circuit.calls = calls
            $0.circuit.failures = 0.5
            $0.circuit.probes = probes
        }
    }

    @Test func `an ejected endpoint is asked again when the circuits of all others are open`() throws {
        var limits = circuit(endpoints: 2, calls: 10)
        limits.ejection = EjectionRules(endpoints: 2, consecutive: 3, for: .seconds(30), most: 0.5)
        let bench = EndpointBench(limits)
        while !bench.events.contains(EndpointEvent(what: .ejected, endpoint: 1)) {
            try bench.end(1) { $0 == 1 ? .status(500, at: 1) : .fine }
        }
        let out = bench.chosen.count
        while !bench.events.contains(EndpointEvent(what: .circuitOpened, endpoint: 0)) {
            try bench.end(1) { _ in .status(500, at: 0) }
        }
        let open = bench.chosen.count

        try bench.end(5) { _ in .fine }

        #expect(Set(bench.chosen[out..<open]) == [0])
        #expect(bench.chosen.suffix(5) == [1, 1, 1, 1, 1])
    }

    @Test func `an open circuit refuses at once and says when to come again`() throws {
        let bench = EndpointBench(circuit())

        try bench.end(4) { .status(503, at: $0) }
        let begun = bench.chosen.count
        let running = try bench.begin()

        #expect(running == nil)
        #expect(bench.chosen.count == begun)
        #expect(bench.ends.last == "circuit_open after 0")
        #expect(bench.retryAfter == .seconds(5))
        #expect(bench.events == [EndpointEvent(what: .circuitOpened, endpoint: 0)])
    }

    @Test func `successes that were only counted weigh as much as failures`() throws {
        let bench = EndpointBench(circuit())

        try bench.end(100) { _ in .fine }
        try bench.end(100) { .status(500, at: $0) }
        #expect(bench.events.count == 1)

        let other = EndpointBench(circuit())
        try other.end(101) { _ in .fine }
        try other.end(100) { .status(500, at: $0) }
        #expect(other.events.isEmpty)
    }

    @Test func `successes of long ago do not hide failures of now`() throws {
        let bench = EndpointBench(circuit())

        try bench.end(1000) { _ in .fine }
        bench.loop.advance(by: .seconds(60))
        try bench.end(4) { .status(500, at: $0) }

        #expect(bench.events.map(\.what) == [.circuitOpened])
    }

    @Test func `a circuit closes when its probes have succeeded`() throws {
        let bench = EndpointBench(circuit(probes: 2))
        try bench.end(4) { .status(503, at: $0) }
        bench.loop.advance(by: .seconds(5))

        for _ in 0..<3 { try bench.begin() }
        let probes = bench.wire.begun.suffix(2)
        #expect(bench.ends.last == "circuit_open after 0")
        for probe in probes { probe.finish(.fine) }
        try bench.begin()

        #expect(probes.map(\.call.ticket) == [1, 1])
        #expect(bench.wire.begun.last?.call.ticket == 0)
        #expect(bench.events.map(\.what) == [.circuitOpened, .circuitClosed])
    }

    @Test func `a probe that is cancelled, or never sent, gives its place back`() throws {
        let bench = EndpointBench(circuit(probes: 1))
        try bench.end(4) { .status(503, at: $0) }
        bench.loop.advance(by: .seconds(5))

        try bench.begin()?.cancel()
        bench.wire.refuses = Failure(.internalError, .gateway, "hopeless")
        try bench.begin()
        bench.wire.refuses = nil
        try bench.begin()
        bench.wire.finish(.fine)

        #expect(bench.events.map(\.what) == [.circuitOpened, .circuitClosed])
    }

    @Test func `one endpoint's circuit leaves the others alone`() throws {
        let bench = EndpointBench(circuit(endpoints: 3, calls: 3))

        try bench.end(100) { $0 == 1 ? .status(503, at: 1) : .fine }

        #expect(bench.chosen.count { $0 == 1 } == 3)
        #expect(bench.ends.count { $0 == "200 after 1" } == 97)
    }

    @Test func `a 4xx says nothing against an endpoint`() throws {
        let bench = EndpointBench(circuit())
        let throttled = Failure(.throttled, .upstream("crm", part: nil), receivedStatus: 429, "throttled")

        try bench.end(100) { .failure(throttled.at(endpoint: $0)) }

        #expect(bench.events.isEmpty)
    }
}
