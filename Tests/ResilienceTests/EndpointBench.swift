// What the choice of endpoints is tested on: a scripted wire below it, and a made-up clock.

import Pipeline

@testable import Resilience

/// The layer of one loop with its wire, and what became of the calls.
final class EndpointBench {
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
