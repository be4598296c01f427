// When a circuit opens, for how long, and how it closes again, by a made-up clock.

import Pipeline
import Resilience
import Testing

struct CircuitRuleTests {
    private let start = ContinuousClock.now
    /// A source of zeros: the shortest open time, nine tenths.
    private struct Least: RandomNumberGenerator {
        mutating func next() -> UInt64 { 0 }
    }

    private var random = Least()

    private func rules(
        calls: Int = 20, failures: Double = 0.5, openMax: Duration = .seconds(60), probes: Int = 3
    ) -> CircuitRules {
        CircuitRules(
            CircuitRules.Limits(
                window: .seconds(10), calls: calls, failures: failures, open: .seconds(5), openMax: openMax,
                probes: probes))
    }

    /// Rules that opened at `start`.
    private mutating func opened(openMax: Duration = .seconds(60), probes: Int = 3) -> CircuitRules {
        var rules = rules(calls: 1, openMax: openMax, probes: probes)
        rules.ended(.failed, ticket: 0, at: start, using: &random)
        return rules
    }

    /// Lets a call through and returns its ticket; nil: it was refused.
    private func ticket(_ rules: inout CircuitRules, at now: ContinuousClock.Instant) -> Int? {
        if case .admitted(let ticket) = rules.admits(at: now) { ticket } else { nil }
    }

    // MARK: Opening

    @Test(arguments: [(10, 10, true), (11, 9, false), (9, 10, false), (0, 19, false), (0, 20, true), (30, 29, false)])
    mutating func `opens at half of twenty calls`(_ good: Int, _ bad: Int, _ opens: Bool) {
        var rules = rules()
        rules.succeeded(good, at: start)
        for _ in 0..<bad { rules.ended(.failed, ticket: 0, at: start, using: &random) }

        #expect(rules.isClosed == !opens)
    }

    @Test mutating func `opens by failures of the window only`() {
        var rules = rules()
        for _ in 0..<10 { rules.ended(.failed, ticket: 0, at: start, using: &random) }
        rules.succeeded(10, at: start + .seconds(10))
        rules.ended(.failed, ticket: 0, at: start + .seconds(10), using: &random)

        #expect(rules.isClosed)
    }

    @Test mutating func `a success opens nothing, but may complete the number of calls`() {
        var rules = rules(calls: 2)
        rules.ended(.failed, ticket: 0, at: start, using: &random)
        #expect(rules.isClosed)
        rules.ended(.succeeded, ticket: 0, at: start, using: &random)

        #expect(!rules.isClosed)
    }

    @Test mutating func `what was cancelled is not counted`() {
        var rules = rules(calls: 2)
        for _ in 0..<100 { rules.ended(.untold, ticket: 0, at: start, using: &random) }
        rules.ended(.failed, ticket: 0, at: start, using: &random)

        #expect(rules.isClosed)
    }

    // MARK: Open

    @Test mutating func `refuses until its time is over, and says how long`() {
        var rules = opened()

        let atOnce = rules.admits(at: start)
        let nearly = rules.admits(at: start + .milliseconds(4_499))
        let then = rules.admits(at: start + .milliseconds(4_500))

        #expect(atOnce == .refused(for: .milliseconds(4_500)))
        #expect(nearly == .refused(for: .milliseconds(1)))
        #expect(then == .admitted(ticket: 1))
    }

    @Test func `the open time is spread, and never above what is configured`() {
        var random = FastRandom(seed: 3)
        let waits = (0..<200).map { _ in
            var rules = rules(calls: 1)
            rules.ended(.failed, ticket: 0, at: start, using: &random)
            return rules.outlook(at: start)?.milliseconds ?? 0
        }

        #expect(waits.allSatisfy { (4_500...5_000).contains($0) })
        #expect(Set(waits).count > 50)
    }

    @Test mutating func `what began before it opened changes nothing`() {
        var rules = opened()
        rules.ended(.succeeded, ticket: 0, at: start + .seconds(1), using: &random)
        rules.ended(.failed, ticket: 0, at: start + .seconds(1), using: &random)

        let nearly = rules.admits(at: start + .milliseconds(4_499))

        #expect(nearly == .refused(for: .milliseconds(1)))
    }

    // MARK: Half-open

    @Test mutating func `lets as many probes through as must succeed, and no more`() {
        var rules = opened(probes: 3)
        let now = start + .seconds(5)

        let tickets = (0..<5).map { _ in ticket(&rules, at: now) }

        #expect(tickets == [1, 1, 1, nil, nil])
    }

    @Test mutating func `lets through all calls of who has a probe out`() {
        final class Asker {}
        let one = Asker(), other = Asker()
        var rules = opened(probes: 1)
        let now = start + .seconds(5)

        let admissions = [one, one, other, one].map { rules.admits(ObjectIdentifier($0), at: now) }

        let probe = CircuitRules.Admission.admitted(ticket: 1)
        #expect(admissions == [probe, probe, .refused(for: .seconds(1)), probe])
    }

    @Test mutating func `closes when all probes have succeeded`() {
        var rules = opened(probes: 3)
        let now = start + .seconds(5)
        for probe in 0..<3 {
            #expect(!rules.isClosed, "before probe \(probe)")
            let probe = ticket(&rules, at: now) ?? 0
            rules.ended(.succeeded, ticket: probe, at: now, using: &random)
        }

        #expect(rules.isClosed)
        let next = ticket(&rules, at: now)
        #expect(next == 0)
    }

    @Test mutating func `opens for twice as long each time a probe fails, up to the longest`() {
        var rules = opened(openMax: .seconds(30))
        var now = start
        var waits: [Int64] = []
        for _ in 0..<5 {
            let wait = rules.outlook(at: now) ?? .zero
            waits.append(wait.milliseconds)
            now += wait
            let probe = ticket(&rules, at: now) ?? 0
            rules.ended(.failed, ticket: probe, at: now, using: &random)
        }

        #expect(waits == [4_500, 9_000, 18_000, 27_000, 27_000])
    }

    @Test mutating func `begins with the short time again once it was closed`() {
        var rules = opened(probes: 1)
        var now = start + .seconds(5)
        var probe = ticket(&rules, at: now) ?? 0
        rules.ended(.failed, ticket: probe, at: now, using: &random)
        now += .seconds(10)
        probe = ticket(&rules, at: now) ?? 0
        rules.ended(.succeeded, ticket: probe, at: now, using: &random)
        rules.ended(.failed, ticket: 0, at: now, using: &random)

        #expect(rules.outlook(at: now) == .milliseconds(4_500))
    }

    @Test mutating func `a cancelled probe gives its place back`() {
        var rules = opened(probes: 1)
        let now = start + .seconds(5)
        let first = ticket(&rules, at: now) ?? 0
        let second = ticket(&rules, at: now)
        rules.ended(.untold, ticket: first, at: now, using: &random)
        let third = ticket(&rules, at: now)

        #expect(second == nil)
        #expect(third == 1)
    }

    @Test mutating func `a probe of an earlier round says nothing about this one`() {
        var rules = opened(probes: 2)
        var now = start + .seconds(5)
        let late = ticket(&rules, at: now) ?? 0
        let failing = ticket(&rules, at: now) ?? 0
        rules.ended(.failed, ticket: failing, at: now, using: &random)
        now += .seconds(20)
        let next = ticket(&rules, at: now) ?? 0
        rules.ended(.failed, ticket: late, at: now, using: &random)
        rules.ended(.failed, ticket: 0, at: now, using: &random)

        #expect(next == 2)
        guard case .halfOpen(out: 1, succeeded: 0) = rules.state else {
            Issue.record("It is \(rules.state).")
            return
        }
    }

    @Test mutating func `what opened it does not open it again`() {
        var rules = rules(calls: 20)
        for _ in 0..<20 { rules.ended(.failed, ticket: 0, at: start, using: &random) }
        let now = start + .seconds(5)
        for _ in 0..<3 {
            let probe = ticket(&rules, at: now) ?? 0
            rules.ended(.succeeded, ticket: probe, at: now, using: &random)
        }
        rules.ended(.failed, ticket: 0, at: now, using: &random)

        #expect(rules.isClosed)
    }
}
