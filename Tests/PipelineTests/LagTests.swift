// When a loop has too much to do: by its passes, and a made-up clock.

import Testing

@testable import Pipeline

@Suite struct LagTests {
    private let start = ContinuousClock.now

    /// Tells of passes that end so many milliseconds after the start and took so many.
    private func told(_ passes: [(at: Int, took: Int)]) -> LagRules {
        var rules = LagRules(target: .milliseconds(100))
        for pass in passes { rules.passed(.milliseconds(pass.took), at: start + .milliseconds(pass.at)) }
        return rules
    }

    @Test func `one pass that was held up is no overload, however long it was`() {
        #expect(!told([(5000, 5000)]).isOver)
        #expect(!told([(5000, 5000), (5001, 1)]).isOver)
    }

    @Test func `passes that are too long for a whole interval are`() {
        let before = told([(0, 101), (399, 101)])
        let after = told([(0, 101), (400, 101)])

        #expect(!before.isOver)
        #expect(after.isOver)
    }

    @Test func `one that is not too long begins the interval anew`() {
        #expect(!told([(0, 101), (200, 100), (400, 101), (700, 101)]).isOver)
        #expect(told([(0, 101), (200, 100), (400, 101), (800, 101)]).isOver)
    }

    @Test func `it is over when a pass takes half of what may be`() {
        #expect(told([(0, 101), (400, 101), (451, 51)]).isOver)
        #expect(!told([(0, 101), (400, 101), (450, 50)]).isOver)
    }

    @Test func `a loop that slept has nothing to catch up with`() {
        var rules = told([(0, 101), (400, 101)])
        rules.rested()
        let rested = rules.isOver
        rules.passed(.milliseconds(101), at: start + .milliseconds(600))

        #expect(!rested)
        #expect(!rules.isOver)
    }

    @Test func `a loop tells what it has measured`() {
        let lag = LoopLag(target: .milliseconds(100))
        for at in [0, 200, 400] { lag.passed(.milliseconds(110 + at), at: start + .milliseconds(at)) }
        let isTooMuch = lag.isTooMuch
        lag.passed(.milliseconds(1), at: start + .milliseconds(401))

        #expect(isTooMuch)
        #expect(!lag.isTooMuch)
        #expect(lag.takeWorst() == .milliseconds(510))
        #expect(lag.takeWorst() == .zero)
    }

    @Test func `nothing is too much when that is switched off, and it can be switched on again`() {
        let lag = LoopLag()
        for at in [0, 200, 400] { lag.passed(.seconds(9), at: start + .milliseconds(at)) }
        let off = lag.isTooMuch
        lag.allow(.milliseconds(100))
        for at in [0, 200, 400] { lag.passed(.seconds(9), at: start + .milliseconds(at)) }
        let on = lag.isTooMuch
        lag.allow(nil)

        #expect(!off)
        #expect(on)
        #expect(!lag.isTooMuch)
    }
}
