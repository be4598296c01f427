// Which endpoint a call goes to, and when it goes nowhere: the layer over a scripted wire, by a made-up clock.

import Pipeline
import Testing

@testable import Resilience

struct EndpointChoiceTests {
    // MARK: Balancing

    @Test func `the only endpoint gets all calls`() throws {
        let bench = EndpointBench(limits())

        for _ in 0..<5 { try bench.begin() }

        #expect(bench.chosen == [0, 0, 0, 0, 0])
    }

    @Test func `of two the one with fewer calls in flight is asked`() throws {
        let bench = EndpointBench(limits(endpoints: 2))

        for _ in 0..<100 { try bench.begin() }

        #expect(bench.endpoints.inFlight == [50, 50])
        for running in bench.wire.begun { running.finish(.fine) }
        #expect(bench.endpoints.inFlight == [0, 0])
    }

    @Test func `calls that hang keep others away from their endpoint`() throws {
        let bench = EndpointBench(limits(endpoints: 5))

        for _ in 0..<1000 {
            try bench.begin()
            if let last = bench.wire.begun.last, last.call.endpoint != 3 { last.finish(.fine) }
        }

        let hanging = bench.endpoints.inFlight[3]
        #expect(bench.endpoints.inFlight == [0, 0, 0, hanging, 0])
        #expect((1...8).contains(hanging))
    }

    @Test func `no endpoint gets more than it may have`() throws {
        let bench = EndpointBench(limits(endpoints: 3, calls: 4))

        for _ in 0..<12 { try bench.begin() }

        #expect(bench.endpoints.inFlight == [4, 4, 4])
    }

    @Test func `those that are not fit are not asked, rather nobody`() throws {
        let quiet = Endpoints(limits(endpoints: 3)), troubled = Endpoints(limits(endpoints: 3))
        let now = ContinuousClock.now
        var random = FastRandom(), unfit = EndpointSet(first: 3)
        for _ in 0..<3 { troubled.checked(2, isGood: false, at: now) }

        for endpoints in [quiet, troubled] {
            guard case .none = endpoints.choose(avoiding: unfit, never: unfit, at: now, using: &random) else {
                Issue.record("somebody is asked")
                continue
            }
        }
        unfit.remove(1)
        for endpoints in [quiet, troubled] {
            for _ in 0..<20 {
                let choice = endpoints.choose(avoiding: EndpointSet(first: 3), never: unfit, at: now, using: &random)
                guard case .endpoint(1, _) = choice else {
                    Issue.record("\(choice)")
                    continue
                }
            }
        }
    }

    @Test func `those that were tried already come last`() throws {
        let bench = EndpointBench(limits(endpoints: 3))
        var tried = EndpointSet(first: 3)
        tried.remove(1)

        for _ in 0..<20 {
            try bench.begin(tried: tried)
            bench.wire.finish(.fine)
        }
        try bench.begin(tried: EndpointSet(first: 3))

        #expect(bench.chosen.prefix(20).allSatisfy { $0 == 1 })
        #expect(bench.chosen.count == 21)
    }

    // MARK: Ejection

    @Test func `an endpoint that fails several times in a row is left out for its time`() throws {
        let bench = EndpointBench(
            limits(endpoints: 2) {
                $0.ejection = EjectionRules(endpoints: 2, consecutive: 5, for: .seconds(30), most: 0.5)
            })

        try bench.end(40) { $0 == 1 ? .status(500, at: 1) : .fine }
        let failures = bench.chosen.count { $0 == 1 }
        bench.loop.advance(by: .seconds(30))
        try bench.end(20) { _ in .fine }

        #expect(failures == 5)
        #expect(bench.events == [EndpointEvent(what: .ejected, endpoint: 1)])
        #expect(Set(bench.chosen.suffix(20)) == [0, 1])
    }

    @Test func `others than those left out take no more than they may`() throws {
        let bench = EndpointBench(
            limits(endpoints: 2, calls: 3) {
                $0.ejection = EjectionRules(endpoints: 2, consecutive: 1, for: .seconds(30), most: 0.5)
            })
        while bench.events.isEmpty { try bench.end(1) { $0 == 1 ? .status(500, at: 1) : .fine } }

        for _ in 0..<4 { try bench.begin() }

        #expect(bench.endpoints.inFlight == [3, 0])
        #expect(bench.ends.last == "no_place after 0")
    }

    // MARK: Health

    @Test func `an endpoint that fails its checks is not asked until it passes them`() throws {
        let bench = EndpointBench(limits(endpoints: 2))
        for _ in 0..<3 { bench.endpoints.checked(0, isGood: false, at: bench.loop.now) }

        try bench.end(20) { _ in .fine }
        for _ in 0..<2 { bench.endpoints.checked(0, isGood: true, at: bench.loop.now) }
        try bench.end(20) { _ in .fine }

        #expect(bench.chosen.prefix(20).allSatisfy { $0 == 1 })
        #expect(Set(bench.chosen.suffix(20)) == [0, 1])
        #expect(bench.events.map(\.what) == [.unhealthy, .healthy])
    }

    @Test func `without a healthy endpoint nobody is asked`() throws {
        let bench = EndpointBench(limits(endpoints: 2))
        for endpoint in 0..<2 {
            for _ in 0..<3 { bench.endpoints.checked(endpoint, isGood: false, at: bench.loop.now) }
        }

        try bench.begin()

        #expect(bench.ends == ["no_endpoint after 0"])
    }

    @Test func `what checks leave is not ejected`() throws {
        let bench = EndpointBench(
            limits(endpoints: 2) {
                $0.ejection = EjectionRules(endpoints: 2, consecutive: 1, for: .seconds(30), most: 0.5)
            })
        while bench.events.isEmpty { try bench.end(1) { $0 == 1 ? .status(500, at: 1) : .fine } }
        for _ in 0..<3 { bench.endpoints.checked(0, isGood: false, at: bench.loop.now) }

        try bench.begin()

        #expect(bench.chosen.last == 1)
    }

    // MARK: Time

    @Test func `what cannot end in time is not begun`() throws {
        let bench = EndpointBench(limits())
        // The wire tells 5 ms of each.
        try bench.end(UsualTime.median.step) { _ in .fine }

        try bench.begin(within: .milliseconds(4))
        try bench.begin(within: .milliseconds(5))

        #expect(bench.chosen.count == UsualTime.median.step + 1)
        #expect(bench.ends.last == "deadline_exceeded after 0")
    }
}
