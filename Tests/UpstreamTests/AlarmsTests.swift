// The timers of a loop, on made-up instants.

import Pipeline
import Testing

@testable import Upstream

struct AlarmsTests {
    private final class Sleeping: Sleeper {
        let name: Int
        init(_ name: Int = 0) { self.name = name }
        func wake() {}
    }

    private let start = ContinuousClock.now

    private func names(_ woken: [any Sleeper]) -> [Int] {
        woken.compactMap { ($0 as? Sleeping)?.name }.sorted()
    }

    @Test func `wakes nobody before the time and each once at it`() {
        var alarms = Alarms()
        _ = alarms.set(at: start + .seconds(2), for: Sleeping(1))

        let early = alarms.due(by: start + .seconds(2) - .nanoseconds(1))
        let due = alarms.due(by: start + .seconds(2))
        let again = alarms.due(by: start + .seconds(3))

        #expect(early.isEmpty)
        #expect(names(due) == [1])
        #expect(again.isEmpty)
        #expect(alarms.earliest == nil)
    }

    @Test func `wakes all that are due and leaves the others, whatever order they were set in`() {
        var alarms = Alarms()
        for second in [5, 1, 4, 2, 3] { _ = alarms.set(at: start + .seconds(second), for: Sleeping(second)) }

        let first = alarms.due(by: start + .seconds(3))
        let bound = alarms.earliest
        let second = alarms.due(by: start + .seconds(4))

        #expect(names(first) == [1, 2, 3])
        #expect(bound == start + .seconds(4))
        #expect(names(second) == [4])
        #expect(alarms.earliest == start + .seconds(5))
    }

    @Test func `does not wake whose alarm was called off`() {
        var alarms = Alarms()
        let first = alarms.set(at: start + .seconds(1), for: Sleeping(1))
        _ = alarms.set(at: start + .seconds(1), for: Sleeping(2))

        alarms.callOff(first)
        let due = alarms.due(by: start + .seconds(1))

        #expect(names(due) == [2])
    }

    @Test func `does not wake whom another that was due at the same time has called off`() {
        var alarms = Alarms()
        let ids = (1...3).map { alarms.set(at: start + .seconds(1), for: Sleeping($0)) }

        // What the first to be woken does, whichever it is.
        let first = alarms.next(by: start + .seconds(1)).map { names([$0])[0] } ?? 0
        let other = first % 3 + 1
        alarms.callOff(ids[other - 1])
        let rest = alarms.due(by: start + .seconds(1))

        #expect(names(rest) == [1, 2, 3].filter { $0 != first && $0 != other })
        #expect(alarms.earliest == nil)
    }

    @Test func `one that is set while others are woken has its own time, also in a place that became free`() {
        var alarms = Alarms()
        for name in 1...2 { _ = alarms.set(at: start + .seconds(1), for: Sleeping(name)) }

        _ = alarms.next(by: start + .seconds(1))
        _ = alarms.set(at: start + .seconds(2), for: Sleeping(9))
        let rest = alarms.due(by: start + .seconds(1))
        let later = alarms.due(by: start + .seconds(2))

        #expect(rest.count == 1 && !names(rest).contains(9))
        #expect(names(later) == [9])
    }

    @Test func `has nothing to wait for once all are called off`() {
        var alarms = Alarms()
        let ids = (1...3).map { alarms.set(at: start + .seconds($0), for: Sleeping($0)) }

        for id in ids { alarms.callOff(id) }

        #expect(alarms.earliest == nil)
    }

    @Test func `never looks later than the next alarm is due`() {
        var alarms = Alarms()
        let near = alarms.set(at: start + .seconds(1), for: Sleeping(1))
        _ = alarms.set(at: start + .seconds(9), for: Sleeping(9))
        alarms.callOff(near)

        // The bound may be early, once; then it is exact.
        let early = alarms.earliest
        let due = alarms.due(by: start + .seconds(1))

        #expect(early == start + .seconds(1))
        #expect(due.isEmpty)
        #expect(alarms.earliest == start + .seconds(9))
    }

    @Test func `an alarm that is set before the bound moves it`() {
        var alarms = Alarms()
        _ = alarms.set(at: start + .seconds(9), for: Sleeping(9))
        _ = alarms.set(at: start + .seconds(4), for: Sleeping(4))
        _ = alarms.set(at: start + .seconds(6), for: Sleeping(6))

        #expect(alarms.earliest == start + .seconds(4))
    }

    @Test func `calling off what rang does not touch who has its place now`() {
        var alarms = Alarms()
        let old = alarms.set(at: start + .seconds(1), for: Sleeping(1))
        _ = alarms.due(by: start + .seconds(1))
        let new = alarms.set(at: start + .seconds(2), for: Sleeping(2))

        alarms.callOff(old)
        alarms.callOff(old)
        let due = alarms.due(by: start + .seconds(2))
        alarms.callOff(new)

        #expect(names(due) == [2])
    }

    @Test func `calling off twice frees one place only`() {
        var alarms = Alarms()
        let first = alarms.set(at: start + .seconds(1), for: Sleeping(1))
        alarms.callOff(first)
        alarms.callOff(first)
        _ = alarms.set(at: start + .seconds(2), for: Sleeping(2))
        _ = alarms.set(at: start + .seconds(2), for: Sleeping(3))

        let due = alarms.due(by: start + .seconds(2))

        #expect(names(due) == [2, 3])
    }

    @Test func `holds nobody who was called off`() {
        var alarms = Alarms()
        weak var gone: Sleeping?
        do {
            let sleeper = Sleeping()
            gone = sleeper
            alarms.callOff(alarms.set(at: start, for: sleeper))
        }

        #expect(gone == nil)
    }

    @Test func `agrees with a plain list over ten thousand random steps`() {
        var alarms = Alarms()
        var random = FastRandom(seed: 42)
        var expected: [Int: (due: Int, id: AlarmID)] = [:]
        var now = 0

        for step in 0..<10_000 {
            switch Int.random(in: 0..<4, using: &random) {
            case 0, 1:
                let due = now + Int.random(in: 0..<50, using: &random)
                expected[step] = (due, alarms.set(at: start + .milliseconds(due), for: Sleeping(step)))
            case 2:
                guard let name = expected.keys.sorted().randomElement(using: &random), let entry = expected[name] else {
                    continue
                }
                alarms.callOff(entry.id)
                expected[name] = nil
            default:
                now += Int.random(in: 0..<20, using: &random)
                let due = expected.filter { $0.value.due <= now }.keys.sorted()
                for name in due { expected[name] = nil }
                let woken = alarms.due(by: start + .milliseconds(now))
                #expect(names(woken) == due)
                if let next = expected.values.map(\.due).min() {
                    #expect(alarms.earliest.map { $0 <= start + .milliseconds(next) } == true)
                }
            }
        }
    }
}

extension Alarms {
    /// All that are woken by now.
    fileprivate mutating func due(by now: ContinuousClock.Instant) -> [any Sleeper] {
        var woken: [any Sleeper] = []
        while let sleeper = next(by: now) { woken.append(sleeper) }
        return woken
    }
}
