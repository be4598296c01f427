// When a call is slow: the rules, by a made-up clock.

import Pipeline
import Testing

@testable import Resilience

@Suite struct HedgeRuleTests {
    private let start = ContinuousClock.now

    @Test func `says nothing before it has seen enough`() {
        var rules = HedgeRules.p95
        for _ in 1..<UsualTime.p95.step { rules.took(.milliseconds(5), at: start) }
        let before = rules.delay(at: start)
        rules.took(.milliseconds(5), at: start)

        #expect(before == nil)
        #expect(rules.delay(at: start) == .milliseconds(5))
    }

    @Test func `is what one call of twenty exceeds`() {
        var rules = HedgeRules.p95
        for number in 0..<200 { rules.took(.milliseconds(number), at: start) }

        #expect(rules.delay(at: start) == .milliseconds(190))
    }

    @Test func `is forgotten when nothing was answered for a while`() {
        var rules = HedgeRules.p95
        for _ in 0..<40 { rules.took(.milliseconds(5), at: start) }

        #expect(rules.delay(at: start + .milliseconds(4_999)) == .milliseconds(5))
        #expect(rules.delay(at: start + .seconds(5)) == nil)
    }

    @Test func `is a millisecond at least, unless it is said`() {
        var rules = HedgeRules.p95
        for _ in 0..<40 { rules.took(.microseconds(80), at: start) }

        #expect(rules.delay(at: start) == .milliseconds(1))
        #expect(HedgeRules.after(.microseconds(80)).delay(at: start) == .microseconds(80))
    }

    /// An estimate that left out what it has cut short itself would hedge ever more.
    @Test func `one call of twenty stays one call of twenty, though the slowest are cut short`() {
        var rules = HedgeRules.p95
        var random = FastRandom(seed: 7)
        var hedged = 0

        for _ in 0..<20_000 {
            let time = Self.time(using: &random)
            guard let delay = rules.delay(at: start), time > delay else {
                rules.took(time, at: start)
                continue
            }
            hedged += 1
            rules.took(min(time, delay + Self.time(using: &random)), at: start)
        }

        #expect((600...1400).contains(hedged))
    }

    /// Mostly some ms, seldom ten times as much.
    private static func time(using random: inout FastRandom) -> Duration {
        let usual = Duration.milliseconds(5) * Double.random(in: 0.8..<1.6, using: &random)
        return Int.random(in: 0..<30, using: &random) == 0 ? usual * 10 : usual
    }
}
