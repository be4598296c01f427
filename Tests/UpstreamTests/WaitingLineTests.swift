// The line before a full upstream, and the count of its places, without a loop and without a wire.

import Resilience
import Testing

struct WaitingLineTests {
    private final class Waiter {
        let name: Int
        init(_ name: Int) { self.name = name }
    }

    private let start = ContinuousClock.now

    @Test func `serves in the order of arrival, whoever leaves in between`() {
        var line = WaitingLine<Waiter>(longest: 10, patience: .milliseconds(50))
        let waiters = (0..<6).map(Waiter.init)
        for waiter in waiters { _ = line.join(waiter, at: start) }

        let left = [0, 3, 5].map { line.leave(waiters[$0]) }
        let served = (0..<4).map { _ in line.next()?.name }

        #expect(left == [true, true, true])
        #expect(served == [1, 2, 4, nil])
        #expect(line.count == 0)
    }

    @Test func `takes as many as it may, and again when there is room`() {
        var line = WaitingLine<Waiter>(longest: 2, patience: .milliseconds(50))
        let waiters = (0..<4).map(Waiter.init)

        let joined = waiters.prefix(3).map { line.join($0, at: start) }
        _ = line.next()
        let later = line.join(waiters[3], at: start + .seconds(1))

        #expect(joined == [start + .milliseconds(50), start + .milliseconds(50), nil])
        #expect(later == start + .milliseconds(1050))
        #expect(line.count == 2)
    }

    @Test func `who is not there any more cannot leave`() {
        var line = WaitingLine<Waiter>(longest: 2, patience: .milliseconds(50))
        let waiter = Waiter(0)
        _ = line.join(waiter, at: start)
        _ = line.next()

        let left = line.leave(waiter)

        #expect(!left)
        #expect(line.count == 0)
    }

    @Test func `may have no place to wait at all`() {
        var line = WaitingLine<Waiter>(longest: 0, patience: .milliseconds(50))

        let joined = line.join(Waiter(0), at: start)

        #expect(joined == nil)
    }

    @Test func `lets tenants take turns`() {
        var line = WaitingLine<Waiter>(longest: 10, patience: .zero)
        for (name, lane) in [(0, 1), (1, 1), (2, 1), (3, 2)] { _ = line.join(Waiter(name), lane: lane, at: start) }

        let served = (0..<4).map { _ in line.next()?.name }

        #expect(served == [0, 3, 1, 2])
    }

    @Test func `makes room for a tenant with fewer, at the cost of one with more`() {
        var line = WaitingLine<Waiter>(longest: 3, patience: .zero)
        for name in 0..<3 { _ = line.join(Waiter(name), lane: 1, at: start) }

        let forOther = line.makeRoom(for: 2)?.name
        let joined = line.join(Waiter(3), lane: 2, at: start)
        // Two and one: exchanging one for another would make it no fairer.
        let again = line.makeRoom(for: 2)
        let forSame = line.makeRoom(for: 1)

        #expect(forOther == 2)
        #expect(joined != nil)
        #expect(again == nil)
        #expect(forSame == nil)
        #expect(line.count == 3)
    }

    @Test func `agrees with a plain list over ten thousand random steps`() {
        var line = WaitingLine<Waiter>(longest: 5, patience: .zero)
        var expected: [Waiter] = []
        var random = SystemRandomNumberGenerator()

        for step in 0..<10_000 {
            switch Int.random(in: 0..<5, using: &random) {
            case 0, 1:
                let waiter = Waiter(step)
                let joined = line.join(waiter, at: start) != nil
                #expect(joined == (expected.count < 5))
                if joined { expected.append(waiter) }
            case 2, 3:
                let first = line.next()?.name
                #expect(first == expected.first?.name)
                if !expected.isEmpty { expected.removeFirst() }
            default:
                guard let waiter = expected.randomElement(using: &random) else { continue }
                let left = line.leave(waiter)
                #expect(left)
                expected.removeAll { $0 === waiter }
            }
            #expect(line.count == expected.count)
        }
    }
}

struct PlanRoomTests {
    @Test func `lets in as many plans as find places for all their first calls`() {
        var room = PlanRoom([(Places(most: 10, queue: 1, wait: .zero), 3)])

        let admitted = (0..<5).map { _ in room.admits() }

        #expect(admitted == [true, true, true, false, false])
    }

    @Test func `counts a plan only until it begins`() {
        var room = PlanRoom([(Places(most: 3, queue: 1, wait: .zero), 3)])

        _ = room.admits()
        let second = room.admits()
        room.began()
        let third = room.admits()

        #expect(!second)
        #expect(third)
    }

    @Test func `the scarcest of several upstreams decides`() {
        var room = PlanRoom([
            (Places(most: 100, queue: 1, wait: .zero), 3), (Places(most: 2, queue: 1, wait: .zero), 1),
        ])

        let admitted = (0..<3).map { _ in room.admits() }

        #expect(admitted == [true, true, false])
    }

    @Test func `a plan with more calls than there are places begins when it has all for itself`() {
        var room = PlanRoom([(Places(most: 2, queue: 1, wait: .zero), 3)])

        let admitted = (0..<2).map { _ in room.admits() }

        #expect(admitted == [true, false])
    }
}
