// When operators are told of what they have to mend, by a made-up clock.

import Testing

@testable import Gateway

struct TroubleTests {
    private let start = ContinuousClock.now

    @Test func `is told when it begins and each minute while it lasts`() {
        var rules = TroubleRules()

        let told = (0...180).filter { rules.mayTell("expired", of: 0, at: start + .seconds($0)) }

        #expect(told == [0, 60, 120, 180])
    }

    @Test func `each endpoint and each cause is told of by itself`() {
        var rules = TroubleRules()

        let told = [("expired", 0), ("expired", 1), ("other name", 0), ("expired", 0), ("other name", 0)]
            .map { rules.mayTell($0.0, of: $0.1, at: start) }

        #expect(told == [true, true, true, false, false])
    }
}
