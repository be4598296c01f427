// Which address of a name a connection goes to, by a made-up clock.

import Testing

@testable import Upstream

struct AddressesTests {
    private let start = ContinuousClock.now
    private let all = (1...3).map { IPAddress(bytes: [127, 0, 0, $0]) }

    /// Where a new connection goes when libcurl would take the first address, as it does for all within its cache's time.
    private func next(_ addresses: inout Addresses, at now: ContinuousClock.Instant) -> IPAddress {
        addresses.choice(insteadOf: all[0], turn: addresses.nextTurn(), tries: 0, at: now)
    }

    @Test func `connections go to all addresses in turn`() {
        var addresses = Addresses()
        addresses.found(all, at: start)

        let chosen = (0..<30).map { _ in next(&addresses, at: start) }

        for address in all { #expect(chosen.count { $0 == address } == 10) }
    }

    @Test func `one connection tries each address once, whatever its turn`() {
        var addresses = Addresses()
        addresses.found(all, at: start)
        addresses.waitedInVain(for: all[1], at: start)

        for turn in 0..<10 {
            let tried = (0..<3).map { addresses.choice(insteadOf: all[$0], turn: turn, tries: $0, at: start) }
            #expect(Set(tried) == Set(all))
            #expect(tried.last == all[1])
        }
    }

    @Test func `what was looked up is good for two seconds, and looked up again after one`() {
        var addresses = Addresses(turn: 0)
        #expect(addresses.wantsLookUp(at: start))
        addresses.found(all, at: start)
        func spreads(after time: Duration) -> Bool {
            Set((0..<3).map { _ in next(&addresses, at: start + time) }).count == 3
        }

        #expect(!addresses.wantsLookUp(at: start + .milliseconds(999)))
        #expect(addresses.wantsLookUp(at: start + .seconds(1)))
        #expect(addresses.isKnown(at: start + .milliseconds(1999)))
        #expect(!addresses.isKnown(at: start + .seconds(2)))
        #expect(spreads(after: .milliseconds(1999)))
        #expect(!spreads(after: .seconds(2)))
    }

    @Test func `an address that was waited for in vain is left out for half a minute, also when nothing is fresh`() {
        var addresses = Addresses()
        addresses.found(all, at: start)
        addresses.waitedInVain(for: all[0], at: start)

        for second in [0, 1, 5, 29] {
            let chosen = (0..<10).map { _ in next(&addresses, at: start + .seconds(second)) }
            #expect(!chosen.contains(all[0]), "after \(second) s")
        }
        #expect(next(&addresses, at: start + .seconds(30)) == all[0])
    }

    @Test func `an address that is reached again is one like the others`() {
        var addresses = Addresses()
        addresses.found(all, at: start)
        addresses.waitedInVain(for: all[0], at: start)
        addresses.reached(all[0])

        #expect(Set((0..<3).map { _ in next(&addresses, at: start) }) == Set(all))
    }

    @Test func `where all were waited for in vain they are tried all the same`() {
        var addresses = Addresses()
        addresses.found(all, at: start)
        for address in all { addresses.waitedInVain(for: address, at: start) }

        #expect(Set((0..<3).map { _ in next(&addresses, at: start) }) == Set(all))
    }

    @Test func `an address that was not found stays, and families are not mixed`() {
        let other = IPAddress(bytes: [127, 0, 0, 9]), six = IPAddress(bytes: [UInt8](repeating: 0, count: 15) + [1])
        var addresses = Addresses()
        #expect(next(&addresses, at: start) == all[0])
        addresses.found(all + [six], at: start)

        for turn in 0..<5 {
            #expect(addresses.choice(insteadOf: other, turn: turn, tries: 0, at: start) == other)
            #expect(addresses.choice(insteadOf: six, turn: turn, tries: 0, at: start) == six)
            #expect(addresses.choice(insteadOf: all[0], turn: turn, tries: 0, at: start) != six)
        }
    }

    @Test func `a look-up that fails leaves what was found`() {
        var addresses = Addresses()
        addresses.found(all, at: start)
        addresses.found([], at: start + .seconds(1))

        #expect(!addresses.wantsLookUp(at: start + .seconds(1)))
        #expect(Set((0..<3).map { _ in next(&addresses, at: start + .milliseconds(2500)) }) == Set(all))
    }
}
