// How many requests there may be, and how many of one tenant.

import Testing

@testable import Gateway

@Suite struct SharesTests {
    @Test func `one tenant may have all`() {
        let inFlight = InFlight(most: 8)

        let taken = (0..<12).map { _ in inFlight.enter() && inFlight.enter(1) }

        #expect(taken.filter(\.self).count == 8)
    }

    @Test func `whoever has less than a quarter comes in all the same`() {
        let inFlight = InFlight(most: 8)
        for _ in 0..<8 { _ = admit(inFlight, 1) }

        let modest = (0..<3).map { _ in admit(inFlight, 2) }
        let greedy = admit(inFlight, 1)

        #expect(modest == [true, true, false])
        #expect(!greedy)
        #expect(inFlight.current == 10)
    }

    @Test func `what ends makes room for whoever has less, not for whoever has most`() {
        let inFlight = InFlight(most: 8)
        for _ in 0..<8 { _ = admit(inFlight, 1) }
        for _ in 0..<2 { _ = admit(inFlight, 2) }

        inFlight.leave(1)
        inFlight.leave()
        let greedy = admit(inFlight, 1)
        let other = admit(inFlight, 3)

        #expect(!greedy)
        #expect(other)
    }

    @Test func `there is a share of one at least`() {
        let inFlight = InFlight(most: 1)

        let taken = [admit(inFlight, 1), admit(inFlight, 1), admit(inFlight, 2), admit(inFlight, 2)]

        #expect(taken == [true, false, true, false])
    }

    @Test func `follow another limit at once`() {
        let inFlight = InFlight(most: 1)
        _ = admit(inFlight, 1)
        inFlight.allow(2)

        #expect(admit(inFlight, 1))
        #expect(!admit(inFlight, 1))
    }

    private func admit(_ inFlight: InFlight, _ lane: Int) -> Bool {
        guard inFlight.enter() else { return false }
        if inFlight.enter(lane) { return true }
        inFlight.leave()
        return false
    }
}
