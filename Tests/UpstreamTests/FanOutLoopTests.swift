// The loop as an executor: who runs where, what wakes it, how it ends.

import Pipeline
import Synchronization
import Testing
import Upstream

@Suite(.timeLimit(.minutes(1)))
struct FanOutLoopTests {
    @Test func `runs what many threads submit, each once and all on its own thread`() async throws {
        let loop = FanOutLoop(name: "test", connections: 1)
        let ran = Count()
        let elsewhere = Count()

        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    await onThread {
                        for _ in 0..<500 {
                            loop.submit {
                                ran.add()
                                if !loop.isCurrent { elsewhere.add() }
                            }
                        }
                    }
                }
            }
        }
        loop.stop()

        #expect(ran.value == 4000)
        #expect(elsewhere.value == 0)
        #expect(!loop.isCurrent)
    }

    @Test func `keeps what one thread submits in order`() async throws {
        let loop = FanOutLoop(name: "test", connections: 1)
        let seen = Mutex<[Int]>([])

        for number in 0..<100 { loop.submit { seen.withLock { $0.append(number) } } }
        loop.stop()

        #expect(seen.withLock { $0 } == Array(0..<100))
    }

    @Test func `keeps a task and all its children on its thread`() async throws {
        let places = try await onLoop { loop in
            func here() async -> Bool {
                await loop.sleep(until: loop.now + .milliseconds(1))
                return loop.isCurrent
            }
            var places = [loop.isCurrent]
            async let one = here()
            async let other = here()
            places += await [one, other]
            places += await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<4 { group.addTask { await here() } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            places.append(loop.isCurrent)
            return places
        }

        #expect(places == Array(repeating: true, count: 8))
    }

    @Test func `a task comes back to its thread from elsewhere`() async throws {
        let isBack = try await onLoop { loop in
            await Task.detached {}.value
            await onThread {}
            return loop.isCurrent
        }

        #expect(isBack)
    }

    @Test func `sleeps until the instant and not much longer`() async throws {
        let over = try await onLoop { loop in
            let due = ContinuousClock.now + .milliseconds(20)
            await loop.sleep(until: due)
            return due.duration(to: .now)
        }

        #expect(over >= .zero)
        #expect(over < .seconds(5))
    }

    @Test func `does not sleep until an instant that is over`() async throws {
        try await onLoop { loop in
            await loop.sleep(until: loop.now - .seconds(1))
            await loop.sleep(until: loop.now)
        }
    }

    @Test func `wakes sleepers in the order of their instants`() async throws {
        let order = try await onLoop { loop in
            let woken = Confined(Noted<Int>())
            let start = loop.now
            await withTaskGroup(of: Void.self) { group in
                for place in [3, 1, 2, 5, 4] {
                    group.addTask {
                        await loop.sleep(until: start + .milliseconds(20 * place))
                        woken.value.note(place)
                    }
                }
            }
            return woken.value.all
        }

        #expect(order == [1, 2, 3, 4, 5])
    }

    @Test func `a cancelled sleep is over at once, whoever cancels`() async throws {
        let loop = FanOutLoop(name: "test", connections: 1)
        let asleep = Count()
        let sleeper: @Sendable () async throws -> Void = {
            asleep.add()
            await loop.sleep(until: loop.now + .seconds(600))
        }

        let fromElsewhere = task(on: loop, sleeper)
        let fromLoop = task(on: loop, sleeper)
        try await task(on: loop) {
            try await loop.waitUntil("both sleep") { asleep.value == 2 }
            fromLoop.cancel()
        }.value
        fromElsewhere.cancel()

        try await fromLoop.value
        try await fromElsewhere.value
        loop.stop()
    }

    @Test func `a task that was cancelled before does not sleep`() async throws {
        try await onLoop { loop in
            withUnsafeCurrentTask { $0?.cancel() }
            await loop.sleep(until: loop.now + .seconds(600))
        }
    }

    @Test func `performs at once on its own thread, and later from another`() async throws {
        let loop = FanOutLoop(name: "test", connections: 1)
        let ran = Count()

        let atOnce = try await task(on: loop) {
            loop.perform { ran.add() }
            return ran.value
        }.value
        await onThread { loop.perform { if loop.isCurrent { ran.add() } } }
        loop.stop()

        #expect(atOnce == 1)
        #expect(ran.value == 2)
    }

    @Test func `knows how long it slept`() async throws {
        let (asleep, passed) = try await onLoop { loop in
            let (before, start) = (loop.asleep, loop.now)
            await loop.sleep(until: loop.now + .milliseconds(50))
            return (loop.asleep - before, start.duration(to: loop.now))
        }

        #expect(asleep > .milliseconds(10))
        #expect(asleep <= passed)
    }

    @Test func `is cheap to start and stop`() {
        for _ in 0..<20 {
            let loop = FanOutLoop(name: "a name longer than fifteen bytes", connections: 1)
            loop.stop()
        }
    }

    @Test func `rests when there is nothing to do`() async throws {
        let used = try await onLoop { loop in
            await loop.sleep(until: loop.now + .milliseconds(5))
            let before = threadTime()
            await loop.sleep(until: loop.now + .milliseconds(200))
            return threadTime() - before
        }

        #expect(used < .milliseconds(100))
    }
}
