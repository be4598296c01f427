// What hedging is tested on: a scripted wire below it, and a made-up clock.

import Pipeline
import Testing

@testable import Resilience

/// The layer with its wire, and what became of the calls.
final class HedgingBench {
    let loop = ScriptedLoop()
    let wire: ScriptedWire
    let counts = HedgeCounts()
    let places: Places
    let budget: SharedRetryBudget
    private(set) var verdicts: [Attempt.Verdict] = []
    private(set) var ends: [String] = []
    private let layer: any Calls

    /// - Parameters:
    ///   - queue: how many calls may wait for a place; nil: places are taken by the test alone.
    ///   - line: the places that calls find, if others than those that are looked at: other loops are quicker.
    ///   - endpoints: nil: none is chosen, and all calls go to the first.
    ///   - retries: above it; nil: there are none.
    init(
        _ rules: HedgeRules = .after(.milliseconds(20)), share: Double = 0, minimum: Int = 100, places most: Int = 100,
        queue: Int? = nil, line: Places? = nil, endpoints: Int? = nil, retries: Int? = nil
    ) {
        wire = ScriptedWire(on: loop)
        places = Places(most: most, queue: queue ?? 0, wait: .seconds(1))
        budget = SharedRetryBudget(RetryBudget(share: share, minimum: minimum))
        let all = Endpoints(limits(endpoints: endpoints ?? 1))
        var next: any Calls = wire
        let view = endpoints == nil ? nil : EndpointView(of: all, on: loop)
        if let view { next = EndpointChoice("crm", view, on: loop, before: wire) }
        let line = line ?? (queue == nil ? nil : places)
        if let line { next = Concurrency("crm", line, wait: .seconds(1), on: loop, before: next) }
        let hedging = Hedging(
            rules, within: budget, attempt: .seconds(1), countsCalls: retries == nil, places: places, counts: counts,
            on: loop, before: next)
        if let retries {
            let backoff = Backoff(base: .milliseconds(25), cap: .milliseconds(250))
            layer = Retries(
                attempts: retries, backoff: backoff, within: budget, of: all, on: loop, before: hedging)
        } else {
            layer = hedging
        }
        wire.tells = { [unowned self] in
            verdicts.append($0.verdict)
            view?.ended($0)
            line?.giveBack()
        }
    }

    /// Begins a call that waits so long for its place.
    func begin(afterWaiting milliseconds: Int, within time: Duration = .seconds(60)) throws {
        let taken = (0..<places.limit).count { _ in places.take(0) }
        try begin(within: time)
        wait(milliseconds)
        for _ in 0..<taken { places.giveBack() }
    }

    @discardableResult
    func begin(within time: Duration = .seconds(60), spare: Int = 100) throws -> (any RunningCall)? {
        begin(try call(within: time, spare: spare, at: loop.now))
    }

    @discardableResult
    func begin(_ call: Call) -> (any RunningCall)? { layer.begin(call) { [self] in ends.append($0.name) } }

    func wait(_ milliseconds: Int) { loop.advance(by: .milliseconds(milliseconds)) }

    /// Attempts so far, and how many of them have not ended.
    var attempts: (begun: Int, running: Int) { (wire.begun.count, wire.begun.count { !$0.hasEnded }) }

    /// Won, lost, refused.
    var figures: [Int] { [counts.all.won, counts.all.lost, counts.all.refused] }
}
