// The table against a dictionary: whatever comes and goes, it holds what was put in and not taken out.

import Pipeline
import Testing

@testable import Resilience

@Suite struct FlightTableTests {
    private struct Nothing: Shareable {
        func shared(by leader: String) -> Nothing { self }
    }

    private final class Running: RunningCall {
        func cancel() {}
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `holds what was put in and not taken out, whatever comes between`(seed: UInt64) {
        var random = FastRandom(seed: seed)
        let loop = ScriptedLoop()
        let flights = Flights<Nothing>(on: loop, late: Failure(.readTimeout, .gateway, "late"))
        let someone = CoalescingBench.someone()
        var ends: [String: (Result<Nothing, Failure>) -> Void] = [:]

        for _ in 0..<20_000 {
            let path = "/\(Int.random(in: 0..<300, using: &random))"
            let key = FlightKey(someone, path)
            if let end = ends[path] {
                let follower = flights.follow(key, until: loop.now + .seconds(9)) { _ in }
                #expect(follower != nil)
                guard Bool.random(using: &random) else {
                    follower?.cancel()
                    continue
                }
                ends[path] = nil
                end(.success(Nothing()))
            } else {
                #expect(flights.follow(key, until: loop.now) { _ in } == nil)
                let flight = flights.lead(key, path, until: loop.now, then: { _ in }) { end in
                    ends[path] = end
                    return Running()
                }
                #expect(flight != nil)
            }
            #expect(flights.count == ends.count)
        }
    }

    @Test func `keys are the same by value, not by hash alone`() {
        let one = FlightKey(CoalescingBench.someone(), "/1")

        #expect(one.isSame(as: FlightKey(CoalescingBench.someone(), "/1")))
        #expect(!one.isSame(as: FlightKey(CoalescingBench.someone(), "/2")))
        #expect(!one.isSame(as: FlightKey(CoalescingBench.someone(tenant: "u"), "/1")))
    }

    @Test func `a tenant is compared byte for byte`() {
        // Both are é, which Swift's texts take for the same.
        let composed = CoalescingBench.someone(tenant: "\u{e9}")
        let decomposed = CoalescingBench.someone(tenant: "e\u{301}")

        #expect(!composed.hasAuthority(of: decomposed))
    }
}
