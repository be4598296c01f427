import Testing

@testable import Edge

@Suite struct IdleOrderTests {
    @Test func `the oldest is the one that became idle first`() {
        var order = IdleOrder()

        for slot in [3, 0, 2] { order.append(slot) }
        order.append(3)

        #expect(order.oldest == 3)
    }

    @Test func `agrees with a plain list over many changes`() {
        var order = IdleOrder()
        var list: [Int] = []
        var random = SeededNumbers(state: 7)

        for _ in 0..<10_000 {
            let slot = Int.random(in: 0..<20, using: &random)
            if Bool.random(using: &random) {
                order.append(slot)
                if !list.contains(slot) { list.append(slot) }
            } else {
                order.remove(slot)
                list.removeAll { $0 == slot }
            }
            #expect(order.oldest == list.first)
            #expect(order.contains(slot) == list.contains(slot))
        }
    }
}

private struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 33)
    }
}
