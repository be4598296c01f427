// Equal calls share one exchange: who leaves, leaves alone, and nobody gets what another may see and it may not.

import Pipeline
import Testing

@testable import Resilience

@Suite struct CoalescingTests {
    private let bench = CoalescingBench()

    @Test func `equal calls in flight are one exchange, and each gets its reply`() throws {
        for id in ["a", "b", "c"] { try bench.begin(id) }
        let asked = bench.wire.begun.map(\.call.asker.requestID)
        bench.finish(.fine)

        #expect(asked == ["a"])
        #expect(bench.ends == ["a: 200 after 1", "b: 200 after 0", "c: 200 after 0"])
        #expect(bench.count.value == 2)
        #expect(bench.layer.inFlight == 0)
        #expect(bench.loop.due == [])
    }

    @Test func `a call that comes when the exchange is over begins another`() throws {
        try bench.begin("a")
        bench.finish(.fine)
        try bench.begin("b")

        #expect(bench.wire.begun.count == 2)
        #expect(bench.count.value == 0)
    }

    @Test func `whoever follows knows whose exchange it was`() throws {
        var leaders: [String?] = []
        try bench.begin("a") { leaders.append((try? $0.get())?.coalescedWith) }
        try bench.begin("b") { leaders.append((try? $0.get())?.coalescedWith) }
        bench.finish(.fine)

        #expect(leaders == [nil, "a"])
    }

    @Test(arguments: [
        CoalescingBench.someone(tenant: "u"), CoalescingBench.someone(scopes: []),
        CoalescingBench.someone(scopes: ["read", "write"]), CoalescingBench.someone(scopes: ["write"]),
        CoalescingBench.someone(workspace: "w"), CoalescingBench.someone(workspace: ""), nil,
    ])
    func `another tenant, another scope, another workspace never share`(other: Principal?) throws {
        try bench.begin("a")
        try bench.begin("b", by: other)
        try bench.begin("c", by: other)

        let asked = bench.wire.begun.map(\.call.asker.requestID)
        // Without a principal nothing is shared at all.
        #expect(asked == ["a", "b"] + (other == nil ? ["c"] : []))
    }

    @Test func `another key with the same rights shares`() throws {
        try bench.begin("a", by: CoalescingBench.someone(scopes: ["x", "y"], workspace: "w", key: "k1"))
        try bench.begin("b", by: CoalescingBench.someone(scopes: ["y", "x"], workspace: "w", key: "k2"))

        #expect(bench.wire.begun.count == 1)
    }

    @Test func `another path never shares`() throws {
        try bench.begin("a", "/contacts/1")
        try bench.begin("b", "/contacts/2")

        #expect(bench.wire.begun.count == 2)
    }

    @Test func `the one who began it leaves alone`() throws {
        let leader = try bench.begin("a")
        try bench.begin("b")
        leader?.cancel()
        let endsThen = bench.ends
        let isRunning = bench.wire.begun.map { !$0.hasEnded }
        bench.finish(.fine)

        #expect(endsThen == ["a: cancelled after 1"])
        #expect(isRunning == [true])
        #expect(bench.ends.last == "b: 200 after 0")
    }

    @Test func `the one who began it is told how often it was asked until it left`() throws {
        let bench = CoalescingBench(retries: 1)

        let leader = try bench.begin("a")
        try bench.begin("b")
        bench.finish(.status(503))
        bench.loop.advance(by: .milliseconds(1))
        leader?.cancel()
        bench.finish(.fine)

        #expect(bench.ends == ["a: cancelled after 2", "b: 200 after 0"])
    }

    @Test func `whoever comes after the one who began it has left still shares`() throws {
        let leader = try bench.begin("a")
        try bench.begin("b")
        leader?.cancel()
        try bench.begin("c")
        bench.finish(.fine)

        #expect(bench.wire.begun.count == 1)
        #expect(bench.ends == ["a: cancelled after 1", "b: 200 after 0", "c: 200 after 0"])
    }

    @Test func `one that follows leaves alone`() throws {
        try bench.begin("a")
        let followers = try ["b", "c", "d"].map { try bench.begin($0) }
        followers[1]?.cancel()
        bench.finish(.fine)

        #expect(bench.ends == ["c: cancelled after 0", "a: 200 after 1", "b: 200 after 0", "d: 200 after 0"])
    }

    @Test func `when all have left the exchange ends at once, and nobody joins it any more`() throws {
        let all = try ["a", "b", "c"].map { try bench.begin($0) }
        for call in all { call?.cancel() }
        let hasEnded = bench.wire.begun.map(\.hasEnded)
        try bench.begin("d")

        #expect(hasEnded == [true])
        #expect(bench.ends == ["a: cancelled after 1", "b: cancelled after 0", "c: cancelled after 0"])
        #expect(bench.wire.begun.count == 2)
        #expect(bench.layer.inFlight == 1)
    }

    @Test func `one alone that leaves is told by its own exchange`() throws {
        let call = try bench.begin("a")
        call?.cancel()

        #expect(bench.wire.begun.first?.hasEnded == true)
        #expect(bench.ends == ["a: cancelled after 1"])
        #expect(bench.layer.inFlight == 0)
    }

    @Test func `one with less time gives up alone, in time`() throws {
        try bench.begin("a")
        try bench.begin("b", within: .milliseconds(50))
        bench.loop.advance(by: .milliseconds(49))
        let before = bench.ends
        bench.loop.advance(by: .milliseconds(1))
        let after = bench.ends
        bench.finish(.fine)

        #expect(before == [])
        #expect(after == ["b: read_timeout after 0"])
        #expect(bench.ends.last == "a: 200 after 1")
    }

    @Test func `one with less time than half an attempt takes begins nothing that is shared`() throws {
        try bench.begin("a", within: .milliseconds(399))
        try bench.begin("b", within: .milliseconds(400))
        try bench.begin("c", within: .milliseconds(100))

        #expect(bench.wire.begun.map(\.call.asker.requestID) == ["a", "b"])
    }

    @Test func `a failure is everybody's, and made once`() throws {
        var leaders: [String?] = []
        for id in ["a", "b"] {
            try bench.begin(id) {
                if case .failure(let failure) = $0 { leaders.append(failure.coalescedWith) }
            }
        }
        bench.finish(.status(503))

        #expect(bench.wire.begun.count == 1)
        #expect(bench.ends == ["a: upstream_server_error after 1", "b: upstream_server_error after 0"])
        #expect(leaders == [nil, "a"])
    }

    @Test func `a call that is refused at once leaves nothing behind`() throws {
        bench.wire.refuses = Failure(.circuitOpen, .upstream("crm", part: nil), "open")
        let running = try bench.begin("a")
        bench.wire.refuses = nil
        try bench.begin("b")

        #expect(running == nil)
        #expect(bench.ends == ["a: circuit_open after 0"])
        #expect(bench.layer.inFlight == 1)
    }

    @Test func `what an end begins anew for the same path is another exchange`() throws {
        try bench.begin("a") { [bench] _ in _ = try? bench.begin("again") }
        bench.finish(.fine)

        #expect(bench.wire.begun.count == 2)
        #expect(bench.layer.inFlight == 1)
    }

    @Test func `one that is cancelled by another's end is not told twice`() throws {
        var second: (any RunningCall)?
        try bench.begin("a") { _ in second?.cancel() }
        second = try bench.begin("b")
        try bench.begin("c")
        bench.finish(.fine)

        #expect(bench.ends == ["a: 200 after 1", "b: cancelled after 0", "c: 200 after 0"])
    }

    @Test func `a thousand are told some at a time, and the loop goes on between`() throws {
        for number in 0...1000 { try bench.begin("\(number)") }
        bench.finish(.fine)
        let atOnce = bench.ends.count
        bench.loop.advance(by: .microseconds(1))

        #expect(bench.wire.begun.count == 1)
        #expect(atOnce == 65)
        #expect(bench.ends.count == 1001)
        #expect(bench.ends == (0...1000).map { "\($0): 200 after \($0 == 0 ? 1 : 0)" })
        #expect(bench.loop.due == [])
    }

    @Test func `who leaves or is late while the others are told is told once`() throws {
        try bench.begin("leader")
        for number in 0..<100 { try bench.begin("\(number)") }
        let leaving = try bench.begin("leaving")
        try bench.begin("late", within: .milliseconds(10))
        bench.loop.advance(by: .milliseconds(9))
        bench.finish(.fine)
        leaving?.cancel()
        bench.loop.advance(by: .milliseconds(5))

        #expect(bench.ends.count == 103)
        #expect(Set(bench.ends).count == 103)
        #expect(bench.ends.contains("leaving: cancelled after 0"))
        #expect(bench.ends.contains("late: 200 after 0"))
    }

    @Test func `a thousand leave one after the other`() throws {
        let all = try (0...1000).map { try bench.begin("\($0)") }
        for call in all.shuffled() { call?.cancel() }

        #expect(bench.wire.begun.map(\.hasEnded) == [true])
        #expect(bench.ends.count == 1001)
        #expect(bench.loop.due == [])
    }
}
