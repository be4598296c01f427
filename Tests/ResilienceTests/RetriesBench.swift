// What the layer of retries is tested on: a scripted wire below it, and a made-up clock.

import Pipeline
import Testing

@testable import Resilience

/// The layer with its wire, and what became of the calls.
final class RetriesBench {
    let loop = ScriptedLoop()
    let wire: ScriptedWire
    let endpoints: Endpoints
    let budget: SharedRetryBudget
    let layer: Retries
    private(set) var ends: [String] = []

    init(
        attempts: Int = 3, share: Double = 0, minimum: Int = 100, endpoints count: Int = 1,
        backoff: Backoff = Backoff(base: .milliseconds(25), cap: .milliseconds(250))
    ) {
        wire = ScriptedWire(on: loop)
        endpoints = Endpoints(limits(endpoints: count))
        budget = SharedRetryBudget(RetryBudget(share: share, minimum: minimum))
        layer = Retries(
            attempts: attempts, backoff: backoff, within: budget, of: endpoints, on: loop, before: wire)
    }

    @discardableResult
    func begin(within time: Duration = .seconds(60), spare: Int = 100) throws -> (any RunningCall)? {
        layer.begin(try call(within: time, spare: spare, at: loop.now)) { [self] in ends.append($0.name) }
    }

    /// Attempts so far.
    var attempts: Int { wire.begun.count }

    /// Ends the attempt under way, and waits for the next one, if there is to be one.
    func fail(_ result: Result<Reply, Failure>) {
        wire.finish(result)
        loop.advance(by: .milliseconds(250))
    }
}
