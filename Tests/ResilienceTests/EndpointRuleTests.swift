// Which endpoints are left out, by a made-up clock.

import Pipeline
import Testing

@testable import Resilience

struct EndpointRuleTests {
    private let start = ContinuousClock.now

    // MARK: Ejection

    private func ejection(of endpoints: Int, most: Double = 0.5) -> EjectionRules {
        EjectionRules(endpoints: endpoints, consecutive: 3, for: .seconds(30), most: most)
    }

    /// Endpoints that are out after each of `0..<endpoints` failed often enough.
    private func out(of endpoints: Int, most: Double) -> Int {
        var rules = ejection(of: endpoints, most: most)
        for endpoint in 0..<endpoints { for _ in 0..<3 { _ = rules.failed(endpoint, at: start) } }
        return (0..<endpoints).count { rules.isOut($0, at: start) }
    }

    @Test func `the third failure in a row puts an endpoint out, for its time`() {
        var rules = ejection(of: 2)

        let ejected = (0..<3).map { _ in rules.failed(1, at: start) }

        #expect(ejected == [false, false, true])
        #expect(rules.isOut(1, at: start + .milliseconds(29_999)))
        #expect(!rules.isOut(1, at: start + .seconds(30)))
        #expect(!rules.isOut(0, at: start))
    }

    @Test func `a success in between begins the count anew`() {
        var rules = ejection(of: 2)
        var ejected = (0..<2).map { _ in rules.failed(1, at: start) }
        rules.succeeded(1)
        ejected += (0..<3).map { _ in rules.failed(1, at: start) }

        #expect(ejected == [false, false, false, false, true])
    }

    @Test func `another endpoint's success changes nothing`() {
        var rules = ejection(of: 2)
        _ = rules.failed(1, at: start)
        _ = rules.failed(1, at: start)
        rules.succeeded(0)

        let isEjected = rules.failed(1, at: start)

        #expect(isEjected)
    }

    @Test(arguments: [
        (1, 1.0, 0), (1, 0.5, 0), (2, 0.5, 1), (2, 1.0, 1), (2, 0.49, 0), (3, 0.5, 1), (3, 0.67, 2), (3, 1.0, 2),
        (4, 0.5, 2), (5, 0.5, 2), (10, 0.0, 0),
    ])
    func `no more than the share is out, rounded down, and never the last`(
        _ endpoints: Int, _ most: Double, _ expected: Int
    ) {
        #expect(out(of: endpoints, most: most) == expected)
    }

    @Test func `one for which there was no room goes as soon as there is`() {
        var rules = ejection(of: 2)
        for endpoint in 0..<2 { for _ in 0..<3 { _ = rules.failed(endpoint, at: start) } }
        #expect(!rules.isOut(1, at: start))

        let isEjected = rules.failed(1, at: start + .seconds(30))

        #expect(isEjected)
    }

    @Test func `what began before it was out does not count for later`() {
        var rules = ejection(of: 2)
        for _ in 0..<10 { _ = rules.failed(0, at: start) }
        let back = start + .seconds(30)

        let ejected = (0..<3).map { _ in rules.failed(0, at: back) }

        #expect(ejected == [false, false, true])
    }

    // MARK: Checks

    @Test func `an endpoint is healthy until three checks in a row say otherwise`() {
        var rules = HealthRules(unhealthyAfter: 3, healthyAfter: 2)

        let states = [false, false, true, false, false, false].map { isGood in
            _ = rules.checked(isGood: isGood)
            return rules.isHealthy
        }

        #expect(states == [true, true, true, true, true, false])
    }

    @Test func `it comes back after two good ones in a row`() {
        var rules = HealthRules(unhealthyAfter: 1, healthyAfter: 2)

        let changes = [false, true, false, true, true, true].map { rules.checked(isGood: $0) }

        #expect(changes == [true, false, false, false, true, false])
        #expect(rules.isHealthy)
    }

    // MARK: The usual time

    @Test func `says nothing before it has seen enough`() {
        var usual = UsualTime.median
        for _ in 1..<UsualTime.median.step { usual.took(.milliseconds(5), at: start) }
        let before = usual.time(at: start)
        usual.took(.milliseconds(5), at: start)

        #expect(before == nil)
        #expect(usual.time(at: start) == .milliseconds(5))
    }

    @Test func `is the middle one, and follows what comes`() {
        var usual = UsualTime.median
        for number in 1...16 { usual.took(.milliseconds(number * 10), at: start) }
        let first = usual.time(at: start)
        for _ in 0..<UsualTime.median.memory { usual.took(.milliseconds(700), at: start) }

        #expect(first == .milliseconds(90))
        #expect(usual.time(at: start) == .milliseconds(700))
    }

    @Test func `is forgotten when nothing succeeded for a while`() {
        var usual = UsualTime.median
        for _ in 0..<16 { usual.took(.milliseconds(5), at: start) }

        let within = usual.time(at: start + .milliseconds(4_999))
        let after = usual.time(at: start + .seconds(5))
        usual.took(.milliseconds(1), at: start + .seconds(5))

        #expect(within == .milliseconds(5))
        #expect(after == nil)
        #expect(usual.time(at: start + .seconds(5)) == nil)
    }

    // MARK: Sets of endpoints

    @Test func `a set counts and names what is in it`() {
        var set = EndpointSet(first: 64)
        set.remove(0)
        set.remove(63)
        var other = EndpointSet()
        other.insert(63)
        other.insert(5)

        #expect(set.count == 62)
        #expect(set[0] == 1)
        #expect(set[61] == 62)
        #expect(set.subtracting(other).count == 61)
        #expect(other.contains(63) && !other.contains(0))
        #expect(other[1] == 63)
    }

    // MARK: Endpoints that hang while second attempts are answered elsewhere

    @Test func `an endpoint that is beaten time after time is ejected, and its circuit stays closed`() {
        let now = ContinuousClock.now
        var random = FastRandom(seed: 1)
        var rules = EndpointRules(
            limits(endpoints: 2) {
                $0.ejection = EjectionRules(endpoints: 2, consecutive: 5, for: .seconds(30), most: 0.5)
                $0.circuit.calls = 1
                $0.circuit.failures = 0.5
            })

        let beaten = Attempt(endpoint: 0, ticket: 0, verdict: .beaten, time: .milliseconds(60))
        let answered = Attempt(endpoint: 0, ticket: 0, verdict: .succeeded, time: .milliseconds(5))
        var events: [EndpointEvent.What] = []
        for attempt in Array(repeating: beaten, count: 4) + [answered] + Array(repeating: beaten, count: 4) {
            events += rules.ended(attempt, at: now, using: &random)
        }
        let last = rules.ended(beaten, at: now, using: &random)

        #expect(events == [])
        #expect(last == [.ejected])
    }

    @Test func `a probe that is beaten has failed`() {
        let now = ContinuousClock.now
        var random = FastRandom(seed: 1)
        var rules = EndpointRules(
            limits(endpoints: 1) {
                $0.circuit.calls = 1
                $0.circuit.open = .seconds(5)
            })
        let failed = Attempt(endpoint: 0, ticket: 0, verdict: .failed, time: .milliseconds(60))
        _ = rules.ended(failed, at: now, using: &random)
        let later = now + .seconds(10)
        let ticket = rules.admit(nil, to: 0, at: later)

        let probe = Attempt(endpoint: 0, ticket: ticket, verdict: .beaten, time: .milliseconds(60))
        let events = rules.ended(probe, at: later, using: &random)

        #expect(ticket != 0)
        #expect(events == [.circuitOpened])
    }
}
