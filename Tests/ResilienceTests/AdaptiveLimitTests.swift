// The adaptive limit as it is used: calls of several loops, each with a time of its own, by a made-up clock.

import Pipeline
import Testing

@testable import Resilience

@Suite struct AdaptiveLimitTests {
    /// An upstream and those who call it. Its calls are given to the loops in turn.
    private final class Simulation {
        private let loop = ScriptedLoop()
        private let places = Places(most: 256, isAdaptive: true, queue: 0, wait: .zero)
        private let watches: [LimitWatch]
        private var random = FastRandom(seed: 5)
        /// Calls under way, by when they end; the next one last.
        private var running: [(end: Duration, time: Duration)] = []
        private var now = Duration.zero
        private var begun = 0
        private(set) var refused = 0
        private(set) var limits = 0...0
        /// For how long the limit was under half of what it may be.
        private(set) var timeThrottled = Duration.zero

        init(loops: Int) {
            watches = (0..<loops).compactMap { [places, loop] _ in LimitWatch(of: places, on: loop) }
        }

        var limit: Int { places.limit }

        /// - Parameters:
        ///   - rate: calls a second; nil: as many as find a place.
        ///   - time: of a call, by how many are in flight; each takes up to a fifth less or more.
        func run(for length: Duration, rate: Double? = nil, time: (Int) -> Double) {
            let end = now + length
            var next = now
            (refused, limits, timeThrottled) = (0, limit...limit, .zero)
            while now < end {
                if let rate {
                    if running.last.map({ next <= $0.end }) ?? true {
                        pass(to: next)
                        if !begin(time) { refused += 1 }
                        next = next + .seconds(Double.random(in: 0..<2, using: &random) / rate)
                        continue
                    }
                } else {
                    while begin(time) {}
                }
                endNext()
            }
        }

        private func begin(_ time: (Int) -> Double) -> Bool {
            guard places.take(0) else { return false }
            let inFlight = places.inventory.taken
            let time = Duration.seconds(time(inFlight) * Double.random(in: 0.8..<1.2, using: &random))
            let end = now + time
            let place = running.firstIndex { $0.end <= end } ?? running.count
            running.insert((end, time), at: place)
            return true
        }

        private func endNext() {
            guard let call = running.popLast() else { return }
            pass(to: call.end)
            begun += 1
            let attempt = Attempt(endpoint: 0, ticket: 0, verdict: .succeeded, time: call.time)
            watches[begun % watches.count].ended(attempt)
            places.giveBack(0)
            limits = min(limits.lowerBound, limit)...max(limits.upperBound, limit)
        }

        private func pass(to instant: Duration) {
            if limit < 128 { timeThrottled += instant - now }
            loop.advance(by: instant - now)
            now = instant
        }
    }

    @Test(arguments: [1, 2, 4, 8, 16])
    func `an upstream that becomes slow by itself is throttled for some seconds, with few loops or many`(_ loops: Int) {
        let upstream = Simulation(loops: loops)

        upstream.run(for: .seconds(20)) { _ in 0.1 }
        let fast = upstream.limit
        upstream.run(for: .seconds(12)) { _ in 1 }
        let throttled = upstream.timeThrottled
        upstream.run(for: .seconds(60)) { _ in 1 }

        #expect(fast == 256)
        #expect(throttled < .seconds(8))
        #expect(upstream.limits == 256...256)
    }

    @Test(arguments: [1, 2, 8])
    func `it then gets all calls that come, though it had few places when it was fast`(_ loops: Int) {
        let upstream = Simulation(loops: loops)

        upstream.run(for: .seconds(20), rate: 80) { _ in 0.1 }
        upstream.run(for: .seconds(20), rate: 80) { _ in 1 }
        let refusedAtFirst = upstream.refused
        upstream.run(for: .seconds(60), rate: 80) { _ in 1 }

        #expect(refusedAtFirst < 80 * 12)
        #expect(upstream.refused == 0)
    }

    /// What Operating tells of upstreams that are hardly used. No rule avoids it that would not also let a weak upstream be
    /// flooded: see Decisions, "An adaptive limit that makes experiments".
    @Test(arguments: [10.0, 20, 80, 160], [1, 4])
    func `one that was hardly used refuses some calls for twelve seconds at most, and none afterwards`(
        _ rate: Double, _ loops: Int
    ) {
        let upstream = Simulation(loops: loops)

        upstream.run(for: .seconds(20), rate: rate) { _ in 0.1 }
        upstream.run(for: .seconds(12), rate: rate) { _ in 1 }
        let refused = Double(upstream.refused) / (12 * rate)
        upstream.run(for: .seconds(60), rate: rate) { _ in 1 }

        #expect(refused < 0.6)
        #expect(upstream.refused == 0)
    }

    @Test(arguments: [1, 8])
    func `one that slows with load is held where it answers well, and found again when it is strong`(_ loops: Int) {
        let upstream = Simulation(loops: loops)

        upstream.run(for: .seconds(20)) { 0.1 * max(1, Double($0) / 80) }
        upstream.run(for: .seconds(40)) { 0.1 * max(1, Double($0) / 20) }
        upstream.run(for: .seconds(60)) { 0.1 * max(1, Double($0) / 20) }
        let weak = upstream.limits
        upstream.run(for: .seconds(20)) { 0.1 * max(1, Double($0) / 80) }

        #expect(weak.lowerBound >= 8)
        #expect(weak.upperBound <= 58)
        #expect(upstream.limit >= 80)
    }
}
