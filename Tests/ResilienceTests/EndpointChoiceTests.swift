// Which endpoint a call goes to, and when it goes nowhere: the layer over a scripted wire, by a made-up clock.

import Pipeline
import Testing

@testable import Resilience

/// The layer of one loop with its wire, and what became of the calls.
private final class Bench {
    let loop = ScriptedLoop()
    let wire = ScriptedWire()
    let endpoints: Endpoints
    private let layer: EndpointChoice
    private(set) var ends: [String] = []
    private(set) var retryAfter: Duration?
    private(set) var events: [EndpointEvent] {
        get { box.events }
        set { box.events = newValue }
    }
    private let box = Box()

    /// `@unchecked`: of one test, on one thread.
    private final class Box: @unchecked Sendable { var events: [EndpointEvent] = [] }

    init(_ limits: EndpointLimits) {
        let box = box
        endpoints = Endpoints(limits) { box.events.append($0) }
        let view = EndpointView(of: endpoints, on: loop)
        layer = EndpointChoice("crm", view, on: loop, before: wire)
        wire.tells = view.ended
    }

    @discardableResult
    func begin(within time: Duration = .seconds(60), tried: EndpointSet = EndpointSet()) throws -> (any RunningCall)? {
        var call = try call(within: time, at: loop.now)
        call.tried = tried
        return layer.begin(call) { [self] in
            ends.append($0.name)
            if case .failure(let failure) = $0 { retryAfter = failure.retryAfter }
        }
    }

    func end(_ count: Int, _ result: (Int) -> Result<Reply, Failure>) throws {
        for _ in 0..<count {
            try begin()
            wire.finish(result(wire.begun.last?.call.endpoint ?? 0))
        }
    }

    var chosen: [Int] { wire.begun.map(\.call.endpoint) }
}

struct EndpointChoiceTests {
    // MARK: Balancing

    @Test func `the only endpoint gets all calls`() throws {
        let bench = Bench(limits())

        for _ in 0..<5 { try bench.begin() }

        #expect(bench.chosen == [0, 0, 0, 0, 0])
    }

    @Test func `of two the one with fewer calls in flight is asked`() throws {
        let bench = Bench(limits(endpoints: 2))

        for _ in 0..<100 { try bench.begin() }

        #expect(bench.endpoints.inFlight == [50, 50])
        for running in bench.wire.begun { running.finish(.fine) }
        #expect(bench.endpoints.inFlight == [0, 0])
    }

    @Test func `calls that hang keep others away from their endpoint`() throws {
        let bench = Bench(limits(endpoints: 5))

        for _ in 0..<1000 {
            try bench.begin()
            if let last = bench.wire.begun.last, last.call.endpoint != 3 { last.finish(.fine) }
        }

        let hanging = bench.endpoints.inFlight[3]
        #expect(bench.endpoints.inFlight == [0, 0, 0, hanging, 0])
        #expect((1...8).contains(hanging))
    }

    @Test func `no endpoint gets more than it may have`() throws {
        let bench = Bench(limits(endpoints: 3, calls: 4))

        for _ in 0..<12 { try bench.begin() }

        #expect(bench.endpoints.inFlight == [4, 4, 4])
    }

    @Test func `those that were tried already come last`() throws {
        let bench = Bench(limits(endpoints: 3))
        var tried = EndpointSet(first: 3)
        tried.remove(1)

        for _ in 0..<20 {
            try bench.begin(tried: tried)
            bench.wire.finish(.fine)
        }
        try bench.begin(tried: EndpointSet(first: 3))

        #expect(bench.chosen.prefix(20).allSatisfy { $0 == 1 })
        #expect(bench.chosen.count == 21)
    }

    // MARK: Ejection

    @Test func `an endpoint that fails several times in a row is left out for its time`() throws {
        let bench = Bench(
            limits(endpoints: 2) {
                $0.ejection = EjectionRules(endpoints: 2, consecutive: 5, for: .seconds(30), most: 0.5)
            })

        try bench.end(40) { $0 == 1 ? .status(500, at: 1) : .fine }
        let failures = bench.chosen.count { $0 == 1 }
        bench.loop.advance(by: .seconds(30))
        try bench.end(20) { _ in .fine }

        #expect(failures == 5)
        #expect(bench.events == [EndpointEvent(what: .ejected, endpoint: 1)])
        #expect(Set(bench.chosen.suffix(20)) == [0, 1])
    }

    @Test func `others than those left out take no more than they may`() throws {
        let bench = Bench(
            limits(endpoints: 2, calls: 3) {
                $0.ejection = EjectionRules(endpoints: 2, consecutive: 1, for: .seconds(30), most: 0.5)
            })
        while bench.events.isEmpty { try bench.end(1) { $0 == 1 ? .status(500, at: 1) : .fine } }

        for _ in 0..<4 { try bench.begin() }

        #expect(bench.endpoints.inFlight == [3, 0])
        #expect(bench.ends.last == "no_place after 0")
    }

    // MARK: Circuit

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
        let bench = Bench(limits)
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
        let bench = Bench(circuit())

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
        let bench = Bench(circuit())

        try bench.end(100) { _ in .fine }
        try bench.end(100) { .status(500, at: $0) }
        #expect(bench.events.count == 1)

        let other = Bench(circuit())
        try other.end(101) { _ in .fine }
        try other.end(100) { .status(500, at: $0) }
        #expect(other.events.isEmpty)
    }

    @Test func `successes of long ago do not hide failures of now`() throws {
        let bench = Bench(circuit())

        try bench.end(1000) { _ in .fine }
        bench.loop.advance(by: .seconds(60))
        try bench.end(4) { .status(500, at: $0) }

        #expect(bench.events.map(\.what) == [.circuitOpened])
    }

    @Test func `a circuit closes when its probes have succeeded`() throws {
        let bench = Bench(circuit(probes: 2))
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
        let bench = Bench(circuit(probes: 1))
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
        let bench = Bench(circuit(endpoints: 3, calls: 3))

        try bench.end(100) { $0 == 1 ? .status(503, at: 1) : .fine }

        #expect(bench.chosen.count { $0 == 1 } == 3)
        #expect(bench.ends.count { $0 == "200 after 1" } == 97)
    }

    @Test func `a 4xx says nothing against an endpoint`() throws {
        let bench = Bench(circuit())
        let throttled = Failure(.throttled, .upstream("crm", part: nil), receivedStatus: 429, "throttled")

        try bench.end(100) { .failure(throttled.at(endpoint: $0)) }

        #expect(bench.events.isEmpty)
    }

    // MARK: Health

    @Test func `an endpoint that fails its checks is not asked until it passes them`() throws {
        let bench = Bench(limits(endpoints: 2))
        for _ in 0..<3 { bench.endpoints.checked(0, isGood: false, at: bench.loop.now) }

        try bench.end(20) { _ in .fine }
        for _ in 0..<2 { bench.endpoints.checked(0, isGood: true, at: bench.loop.now) }
        try bench.end(20) { _ in .fine }

        #expect(bench.chosen.prefix(20).allSatisfy { $0 == 1 })
        #expect(Set(bench.chosen.suffix(20)) == [0, 1])
        #expect(bench.events.map(\.what) == [.unhealthy, .healthy])
    }

    @Test func `without a healthy endpoint nobody is asked`() throws {
        let bench = Bench(limits(endpoints: 2))
        for endpoint in 0..<2 {
            for _ in 0..<3 { bench.endpoints.checked(endpoint, isGood: false, at: bench.loop.now) }
        }

        try bench.begin()

        #expect(bench.ends == ["no_endpoint after 0"])
    }

    @Test func `what checks leave is not ejected`() throws {
        let bench = Bench(
            limits(endpoints: 2) {
                $0.ejection = EjectionRules(endpoints: 2, consecutive: 1, for: .seconds(30), most: 0.5)
            })
        while bench.events.isEmpty { try bench.end(1) { $0 == 1 ? .status(500, at: 1) : .fine } }
        for _ in 0..<3 { bench.endpoints.checked(0, isGood: false, at: bench.loop.now) }

        try bench.begin()

        #expect(bench.chosen.last == 1)
    }

    // MARK: Time

    @Test func `what cannot end in time is not begun`() throws {
        let bench = Bench(limits())
        // The wire tells 5 ms of each.
        try bench.end(UsualTime.median.step) { _ in .fine }

        try bench.begin(within: .milliseconds(4))
        try bench.begin(within: .milliseconds(5))

        #expect(bench.chosen.count == UsualTime.median.step + 1)
        #expect(bench.ends.last == "deadline_exceeded after 0")
    }
}
