// Plans take turns: the queue on a real loop. The rule it goes by has tests of its own.

import Pipeline
import Resilience
import Testing

@testable import Upstream

/// The gateway's rule, as turns take it.
private struct Limit: TurnRule {
    static var window: Duration { PlanLimit.window }
    var rule = PlanLimit()

    mutating func admits(_ lane: Int) -> Bool { rule.admits() }
    mutating func ended(_ lane: Int) { rule.ended() }
    mutating func watched(asleep: Double, waiting: Int) { rule.watched(asleep: asleep, waiting: waiting) }
}

/// So many at once, idle or not.
private struct AtMost: TurnRule {
    static var window: Duration { .milliseconds(5) }
    let most: Int
    var inFlight = 0

    init(_ most: Int) { self.most = most }

    mutating func admits(_ lane: Int) -> Bool {
        guard inFlight < most else { return false }
        inFlight += 1
        return true
    }

    mutating func ended(_ lane: Int) { inFlight -= 1 }

    mutating func watched(asleep: Double, waiting: Int) {}
}

/// Turns on a loop of their own, which they outlive as in a running gateway.
private func withTurns<Rule: TurnRule, Result: Sendable>(
    _ rule: Rule, _ work: @escaping @Sendable (FanOutLoop, Confined<Turns<Rule>>) async throws -> Result
) async throws -> Result {
    let loop = FanOutLoop(name: "test", connections: 1)
    let (turns, result) = await Task(executorPreference: loop) {
        () -> (Confined<Turns<Rule>>, Swift.Result<Result, any Error>) in
        let turns = Confined(Turns(rule, on: loop))
        do {
            return (turns, .success(try await work(loop, turns)))
        } catch {
            return (turns, .failure(error))
        }
    }.value
    loop.stop()
    return try withExtendedLifetime(turns) { try result.get() }
}

@Suite(.timeLimit(.minutes(1)))
struct TurnsTests {
    private let far = ContinuousClock.now + .seconds(600)

    @Test func `come in the order of arrival`() async throws {
        let order = try await withTurns(AtMost(1)) { [far] loop, turns in
            let order = Confined(Noted<Int>())
            try await turns.value.enter(by: far)
            let waiting = (0..<20).map { number in
                task(on: loop) {
                    try await turns.value.enter(by: far)
                    order.value.note(number)
                    turns.value.leave()
                }
            }
            try await loop.waitUntil("all wait") { turns.value.queue == 20 }
            turns.value.leave()
            for task in waiting { try await task.value }
            return order.value.all
        }

        #expect(order == Array(0..<20))
    }

    @Test func `come to tenants in turn, however many of one wait`() async throws {
        let order = try await withTurns(AtMost(1)) { [far] loop, turns in
            let order = Confined(Noted<Int>())
            try await turns.value.enter(by: far)
            let waiting = [1, 1, 1, 1, 2, 2, 3].map { lane in
                task(on: loop) {
                    try await turns.value.enter(lane, by: far)
                    order.value.note(lane)
                    turns.value.leave()
                }
            }
            try await loop.waitUntil("all wait") { turns.value.queue == 7 }
            turns.value.leave()
            for task in waiting { try await task.value }
            return order.value.all
        }

        #expect(order == [1, 2, 3, 1, 2, 1, 1])
    }

    @Test func `are never more at once than the rule says`() async throws {
        let most = try await withTurns(AtMost(3)) { [far] loop, turns in
            let levels = Confined(Noted<Int>())
            let level = Count()
            let tasks = (0..<30).map { _ in
                task(on: loop) {
                    try await turns.value.enter(by: far)
                    levels.value.note(level.add())
                    await loop.sleep(until: loop.now + .milliseconds(1))
                    level.add(-1)
                    turns.value.leave()
                }
            }
            for task in tasks { try await task.value }
            return levels.value.all.max()
        }

        #expect(most == 3)
    }

    @Test func `a loop that only waits for its upstreams lets all in, in order`() async throws {
        let (first, all) = try await withTurns(Limit()) { [far] loop, turns in
            let inside = Confined(Noted<Int>())
            let tasks = (0..<100).map { number in
                task(on: loop) {
                    try await turns.value.enter(by: far)
                    inside.value.note(number)
                    try await loop.waitUntil("all are inside") { inside.value.all.count == 100 }
                    turns.value.leave()
                }
            }
            // All tasks have begun when this one goes on, and none could end.
            await withCheckedContinuation { continuation in loop.submit { continuation.resume() } }
            let first = inside.value.all.count
            for task in tasks { try await task.value }
            return (first, inside.value.all)
        }

        #expect(first == PlanLimit.least)
        #expect(all == Array(0..<100))
    }

    @Test func `one that does not come by its deadline is a failure and holds nobody up`() async throws {
        let (late, queue) = try await withTurns(AtMost(1)) { [far] loop, turns in
            try await turns.value.enter(by: far)
            let late = await failure { try await turns.value.enter(by: loop.now + .milliseconds(20)) }
            let queue = turns.value.queue
            let next = task(on: loop) { try await turns.value.enter(by: far) }
            try await loop.waitUntil("the next waits") { turns.value.queue == 1 }
            turns.value.leave()
            try await next.value
            turns.value.leave()
            return (late, queue)
        }

        #expect(late?.kind == .deadlineExceeded)
        #expect(queue == 0)
    }

    @Test func `who leaves the queue gives its turn to the next`() async throws {
        let order = try await withTurns(AtMost(1)) { [far] loop, turns in
            let order = Confined(Noted<Int>())
            try await turns.value.enter(by: far)
            let tasks = (0..<5).map { number in
                task(on: loop) { () -> Failure.Kind? in
                    let ended = await failure { try await turns.value.enter(by: far) }
                    if let ended { return ended.kind }
                    order.value.note(number)
                    turns.value.leave()
                    return nil
                }
            }
            try await loop.waitUntil("all wait") { turns.value.queue == 5 }
            for number in [0, 2, 4] { tasks[number].cancel() }
            #expect(turns.value.queue == 2)
            turns.value.leave()
            for (number, task) in tasks.enumerated() {
                #expect(try await task.value == (number.isMultiple(of: 2) ? .clientGone : nil))
            }
            return order.value.all
        }

        #expect(order == [1, 3])
    }

    @Test func `can be given up from another thread`() async throws {
        let (kind, queue) = try await withTurns(AtMost(0)) { [far] loop, turns in
            let waiting = task(on: loop) { await failure { try await turns.value.enter(by: far) }?.kind }
            try await loop.waitUntil("it waits") { turns.value.queue == 1 }
            await onThread { waiting.cancel() }
            return (try await waiting.value, turns.value.queue)
        }

        #expect(kind == .clientGone)
        #expect(queue == 0)
    }

    @Test func `a task that was cancelled before does not wait`() async throws {
        let (kind, queue) = try await withTurns(AtMost(0)) { [far] loop, turns in
            let waiting = task(on: loop) {
                withUnsafeCurrentTask { $0?.cancel() }
                return await failure { try await turns.value.enter(by: far) }?.kind
            }
            return (try await waiting.value, turns.value.queue)
        }

        #expect(kind == .clientGone)
        #expect(queue == 0)
    }

    @Test func `serve thousands without losing one`() async throws {
        let served = try await withTurns(AtMost(2)) { [far] loop, turns in
            let order = Confined(Noted<Int>())
            let tasks = (0..<5000).map { number in
                task(on: loop) {
                    let deadline = number.isMultiple(of: 10) ? loop.now + .milliseconds(1) : far
                    let ended = await failure { try await turns.value.enter(by: deadline) }
                    guard ended == nil else { return false }
                    order.value.note(number)
                    if number.isMultiple(of: 50) { await loop.sleep(until: loop.now + .milliseconds(1)) }
                    turns.value.leave()
                    return true
                }
            }
            var served = 0
            for (number, task) in tasks.enumerated() where try await task.value || number.isMultiple(of: 10) {
                served += 1
            }
            #expect(order.value.all == order.value.all.sorted())
            #expect(turns.value.queue == 0)
            return served
        }

        #expect(served == 5000)
    }
}
