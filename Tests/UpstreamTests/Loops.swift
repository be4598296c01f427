// A fan-out loop for one test, and what tests wait for on it.

import Foundation
import Glibc
import Pipeline
import Synchronization
import Testing
import Upstream

/// Runs `work` as a task of a fan-out loop of its own. Afterwards the loop has ended, and no transfer was left.
func onLoop<Result: Sendable>(
    connections: Int = 64, _ work: @escaping @Sendable (FanOutLoop) async throws -> Result
) async throws -> Result {
    let loop = FanOutLoop(name: "test", connections: connections)
    let result = await Task(executorPreference: loop) { try await work(loop) }.result
    loop.stop()
    return try result.get()
}

/// A task of `loop`, which only its owner ends.
func task<Result: Sendable>(
    on loop: FanOutLoop, _ work: @escaping @Sendable () async throws -> Result
) -> Task<Result, any Error> {
    Task(executorPreference: loop) { try await work() }
}

/// What was waited for did not come.
struct NeverHappened: Error {
    let what: String
}

extension FanOutLoop {
    /// Waits on the loop until `isSo`, for ten seconds at most.
    func waitUntil(_ what: String, _ isSo: () -> Bool) async throws {
        let limit = now + .seconds(10)
        while !isSo() {
            guard now < limit else { throw NeverHappened(what: what) }
            await sleep(until: now + .milliseconds(1))
        }
    }
}

/// Runs `work` on a thread that is no loop's, and returns when it has ended.
func onThread(_ work: @escaping @Sendable () -> Void) async {
    await withCheckedContinuation { continuation in
        Thread.detachNewThread {
            work()
            continuation.resume()
        }
    }
}

/// How a call or a wait ended, without `try` where a failure is what is expected.
func failure(of work: () async throws -> Void) async -> Failure? {
    do {
        try await work()
        return nil
    } catch let failure as Failure {
        return failure
    } catch {
        Issue.record(error)
        return nil
    }
}

/// What tasks of one loop tell a test.
final class Noted<Element> {
    private(set) var all: [Element] = []

    func note(_ element: Element) { all.append(element) }
}

/// Processor time of the calling thread.
func threadTime() -> Duration {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
}

/// A number that any thread may change.
final class Count: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { count.load(ordering: .sequentiallyConsistent) }

    /// Returns what it is then.
    @discardableResult
    func add(_ more: Int = 1) -> Int { count.wrappingAdd(more, ordering: .sequentiallyConsistent).newValue }
}
