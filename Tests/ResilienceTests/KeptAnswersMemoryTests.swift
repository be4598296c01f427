// How much memory answers take that may be given again, and when they leave.

import Pipeline
import Testing

@testable import Resilience

@Suite struct KeptAnswersMemoryTests {
    private let bench = KeptAnswersBench()

    @Test func `the oldest leave when there is no room, and no sooner`() {
        let probe = bench.memory(most: .max)
        bench.keep(bench.answer(size: 5000), in: probe)
        let each = bench.room.bytes
        probe.end()
        let memory = bench.memory(most: 4 * each)

        for number in 1...4 { bench.keep(bench.answer(size: 5000), in: memory, "/\(number)") }
        let full = (memory.kept, bench.room.bytes)
        bench.keep(bench.answer(size: 5000), in: memory, "/5")

        #expect(full == (4, 4 * each))
        #expect((1...5).map { bench.leader(memory, "/\($0)") != nil } == [false, true, true, true, true])
        #expect(bench.room.bytes == 4 * each)
    }

    @Test func `one that would turn out most others is not kept`() {
        let memory = bench.memory(most: 40_000)
        bench.keep(bench.answer(size: 10), in: memory, "/1")

        bench.keep(bench.answer(size: 10_000), in: memory, "/2")

        #expect(bench.leader(memory, "/1") == "a")
        #expect(bench.leader(memory, "/2") == nil)
    }

    @Test func `counts body, parts, path and scopes`() {
        let memory = bench.memory(most: .max)
        let scopes = Set((0..<100).map { "a-scope-that-is-long-\($0)" })

        bench.keep(bench.answer(size: 3000), in: memory, "/" + String(repeating: "x", count: 2000))
        let one = bench.room.bytes
        bench.keep(bench.answer(), in: memory, "/2", by: CoalescingBench.someone(scopes: scopes))
        let two = bench.room.bytes - one
        let parts = Array(repeating: bench.part(), count: 20)
        bench.keep(PlanAnswer(.success([]), parts: parts, leader: "a", began: bench.loop.now), in: memory, "/3")

        #expect(one >= 5000)
        #expect(two >= 100 * 100)
        #expect(bench.room.bytes - one - two >= 40 * MemoryLayout<RequestRecord.Part>.stride)
    }

    @Test func `what is too old goes with the next one that is kept`() {
        let memory = bench.memory()
        bench.keep(bench.answer(), in: memory, "/1")
        bench.keep(bench.answer(began: .milliseconds(-100)), in: memory, "/2")
        bench.loop.advance(by: .milliseconds(499))

        bench.keep(bench.answer(), in: memory, "/3")
        let before = memory.kept
        memory.keep(.success(bench.answer()), "/4", KeptAnswersBench.someone, at: bench.loop.now + .milliseconds(2))

        #expect(before == 3)
        // `/1` has left, `/2` began later.
        #expect(memory.kept == 3)
    }

    @Test func `what is too old goes although nobody asks, after twice the time at the latest`() {
        let memory = bench.memory(most: .max)
        for number in 0..<1000 {
            bench.keep(bench.answer(), in: memory, "/\(number)")
            bench.loop.advance(by: .microseconds(400))
        }
        let alarms = bench.loop.due.count
        let before = memory.kept

        bench.loop.advance(by: .milliseconds(1000))

        #expect(alarms == 1)
        #expect(before == 1000)
        #expect(memory.kept == 0)
        #expect(bench.room.bytes == 0)
        #expect(bench.loop.due == [])
    }

    @Test func `one behind a younger one goes with it`() {
        let memory = bench.memory()
        bench.keep(bench.answer(), in: memory, "/young")
        bench.keep(bench.answer(began: .milliseconds(400)), in: memory, "/old")

        bench.loop.advance(by: .milliseconds(101))
        let old = bench.leader(memory, "/old")
        bench.loop.advance(by: .milliseconds(899))

        #expect(old == nil)
        #expect(memory.kept == 0)
    }

    @Test func `at its end it forgets all, and keeps nothing more`() {
        let memory = bench.memory()
        bench.keep(bench.answer(), in: memory)

        memory.end()
        bench.keep(bench.answer(), in: memory, "/2")

        #expect(memory.kept == 0)
        #expect(bench.room.bytes == 0)
        #expect(bench.loop.due == [])
    }

    @Test func `the process's memory is shared out to loops and routes in equal parts`() {
        let room = AnswerRoom(loops: 4)

        #expect(room.share(ofRoutes: 1) == 4 * 1024 * 1024)
        #expect(room.share(ofRoutes: 2) == 2 * 1024 * 1024)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `keeps to its bounds and gives only what is young and was asked for, whatever comes`(seed: UInt64) {
        var random = FastRandom(seed: seed)
        let memory = bench.memory(for: .milliseconds(50), most: 40_000)
        var made: [String: (path: String, began: ContinuousClock.Instant)] = [:]

        for number in 0..<20_000 {
            let path = "/\(Int.random(in: 0..<40, using: &random))"
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bench.loop.advance(by: .microseconds(Int.random(in: 0..<3000, using: &random)))
            case 1:
                let answer = bench.answer(
                    "\(number)", began: .milliseconds(Int.random(in: 0..<60, using: &random)),
                    size: Int.random(in: 0..<4000, using: &random))
                made[answer.leader] = (path, answer.began)
                bench.keep(answer, in: memory, path)
            default:
                guard let found = bench.leader(memory, path) else { break }
                #expect(made[found]?.path == path)
                #expect(made[found].map { $0.began + .milliseconds(50) >= bench.loop.now } == true)
            }
            #expect(bench.room.bytes <= 40_000 && bench.room.bytes >= memory.kept * 1024)
        }

        #expect(bench.count.value > 500)
        bench.loop.advance(by: .milliseconds(100))
        #expect(bench.room.bytes == 0)
    }
}
