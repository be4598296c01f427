// The adaptive limit: the rules in front of upstreams that are sums, by a made-up clock.

import Pipeline
import Testing

@testable import Resilience

@Suite struct GradientRuleTests {
    private let start = ContinuousClock.now

    /// An upstream with endless demand: as many calls are in flight as the limit allows, and each takes as long as it takes.
    private struct Simulation {
        var rules: GradientRules
        var now: ContinuousClock.Instant
        /// The lowest and the highest limit since the last look, and the longest mean time.
        private(set) var limits: ClosedRange<Int>
        private(set) var slowest = Duration.zero

        init(_ rules: GradientRules, at now: ContinuousClock.Instant) {
            self.rules = rules
            self.now = now
            limits = rules.limit...rules.limit
        }

        /// - Parameters:
        ///   - demand: no more calls are in flight.
        ///   - time: of a call, by how many are in flight.
        mutating func run(for length: Duration, demand: Int = .max, time: (Double) -> Double) {
            let end = now + length
            limits = rules.limit...rules.limit
            slowest = .zero
            while now < end {
                let inFlight = min(rules.limit, demand)
                let each = Duration.seconds(1) * time(Double(inFlight))
                let before = now
                // A window is as long as ten calls take at least.
                now = now + max(GradientRules.window, each * 10 / inFlight)
                rules.ended(10, taking: each * 10, since: before, inFlight: inFlight, at: now)
                limits = min(limits.lowerBound, rules.limit)...max(limits.upperBound, rules.limit)
                slowest = max(slowest, each)
            }
        }
    }

    private func simulation(most: Int = 256) -> Simulation { Simulation(GradientRules(most: most), at: start) }

    /// So many at once are served in `time`; more only wait for each other.
    private func upstream(bears calls: Double, _ time: Double = 0.01) -> (Double) -> Double {
        { time * max(1, $0 / calls) }
    }

    @Test func `a fast upstream soon gets as many calls as are allowed, and keeps them`() {
        var upstream = simulation()

        upstream.run(for: .seconds(5)) { _ in 0.0003 }
        let soon = upstream.rules.limit
        upstream.run(for: .seconds(120)) { _ in 0.0003 }

        #expect(soon == 256)
        #expect(upstream.limits == 256...256)
    }

    @Test(arguments: [0.05, 0.2, 1])
    func `an upstream that is slow by itself is not throttled either`(time: Double) {
        var upstream = simulation()

        upstream.run(for: .seconds(40)) { _ in time }
        upstream.run(for: .seconds(60)) { _ in time }

        #expect(upstream.limits == 256...256)
    }

    @Test(arguments: [8.0, 20, 60])
    func `an upstream that slows with load is held where it answers well, for as long as it is asked`(bears: Double) {
        var rules = simulation()

        rules.run(for: .seconds(30), time: upstream(bears: bears))
        rules.run(for: .seconds(600), time: upstream(bears: bears))

        #expect(rules.slowest < .milliseconds(25))
        #expect(rules.limits.upperBound < Int(bears * 2.5) + 8)
        // All it can do is asked of it, but for moments.
        #expect(rules.rules.limit >= Int(bears))
    }

    @Test func `it follows an upstream that loses most of its strength, and finds it again`() {
        var rules = simulation()
        rules.run(for: .seconds(20), time: upstream(bears: 40))
        let before = rules.rules.limit
        rules.run(for: .seconds(10), time: upstream(bears: 5))
        rules.run(for: .seconds(60), time: upstream(bears: 5))
        let weak = (rules.limits, rules.slowest)
        rules.run(for: .seconds(10), time: upstream(bears: 40))

        #expect(weak.0.upperBound <= 16)
        #expect(weak.1 < .milliseconds(35))
        #expect(rules.rules.limit >= before * 9 / 10)
    }

    @Test func `one that has become slow by itself is throttled for some seconds only`() {
        var rules = simulation()
        rules.run(for: .seconds(20)) { _ in 0.01 }
        rules.run(for: .seconds(3)) { _ in 0.1 }
        let throttled = rules.limits.lowerBound
        rules.run(for: .seconds(15)) { _ in 0.1 }

        #expect(throttled < 256)
        #expect(rules.rules.limit == 256)
    }

    @Test func `timeouts lower it, and when they end it is back within seconds`() {
        var rules = simulation()
        rules.run(for: .seconds(20)) { _ in 0.01 }
        rules.run(for: .seconds(2)) { _ in 1.5 }
        let hanging = rules.limits.lowerBound
        rules.run(for: .seconds(10)) { _ in 0.01 }

        #expect(hanging < 250)
        #expect(rules.rules.limit == 256)
    }

    @Test func `it never leaves its bounds, whatever it is told`() {
        var random = FastRandom(seed: 11)
        for most in [1, 5, 8, 64] {
            var rules = GradientRules(most: most)
            var now = start
            for _ in 0..<5000 {
                now = now + .milliseconds(Int.random(in: 0..<3000, using: &random))
                let time = Duration.microseconds(Int.random(in: 0..<2_000_000, using: &random))
                let calls = Int.random(in: 1...20, using: &random)
                let inFlight = Int.random(in: 0...most, using: &random)
                rules.ended(calls, taking: time * calls, since: now, inFlight: inFlight, at: now)
                guard (min(8, most)...most).contains(rules.limit) else {
                    Issue.record("\(rules.limit) of \(most)")
                    return
                }
            }
        }
    }

    @Test func `who does not use half of it does not raise it`() {
        var rules = simulation()

        rules.run(for: .seconds(30), demand: 7) { _ in 0.01 }

        #expect(rules.rules.limit == 16)
    }

    // MARK: From calls to windows

    @Test func `only what tells how long calls take is counted`() throws {
        let loop = ScriptedLoop()
        let places = Places(most: 100, isAdaptive: true, queue: 0, wait: .zero)
        let watch = try #require(LimitWatch(of: places, on: loop))
        func end(_ verdict: Attempt.Verdict, _ time: Duration) {
            let taken = (0..<100).count { _ in places.take(0) }
            for _ in 0..<60 {
                loop.advance(by: .milliseconds(10))
                watch.ended(Attempt(endpoint: 0, ticket: 0, verdict: verdict, time: time))
            }
            for _ in 0..<taken { places.giveBack(0) }
        }

        end(.failed, .milliseconds(900))
        let first = places.limit
        end(.succeeded, .milliseconds(10))
        let grown = places.limit
        end(.untold, .seconds(5))
        end(.failed, .milliseconds(1))
        let ignored = places.limit
        end(.failed, .milliseconds(1500))

        #expect(first == 16)
        #expect(grown > 16)
        #expect(ignored == grown)
        #expect(places.limit < grown)
    }

    @Test func `a fixed limit is watched by nobody`() {
        let places = Places(most: 100, queue: 0, wait: .zero)

        #expect(LimitWatch(of: places, on: ScriptedLoop()) == nil)
        #expect(places.limit == 100)
    }

    @Test func `places follow the limit`() {
        let places = Places(most: 100, isAdaptive: true, queue: 0, wait: .zero)

        let first = (0..<100).count { _ in places.take(0) }
        places.allow(20)
        let more = (0..<100).count { _ in places.take(0) }
        places.allow(8)
        for _ in 0..<20 { places.giveBack(0) }
        let fewer = (0..<100).count { _ in places.take(0) }

        #expect(first == 16)
        #expect(more == 4)
        #expect(fewer == 8)
    }
}
