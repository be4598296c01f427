// State that others can wait for: tests wait for what has happened, with a limit, and never for time to pass.

import Synchronization

/// A value behind a lock, with those who wait until it is as they wish.
final class Watched<State: Sendable>: Sendable {
    private struct Waiter {
        let id: Int
        let isSatisfied: @Sendable (State) -> Bool
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct Guarded {
        var state: State
        var waiters: [Waiter] = []
        var nextWaiter = 0
    }

    private let guarded: Mutex<Guarded>

    init(_ state: State) {
        guarded = Mutex(Guarded(state: state))
    }

    /// Changes the value, and wakes those whose wish it now fulfils.
    func change<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
        let (result, woken) = guarded.withLock { guarded in
            let result = body(&guarded.state)
            return (result, Self.removeSatisfied(from: &guarded))
        }
        for continuation in woken { continuation.resume(returning: true) }
        return result
    }

    func read<Result: Sendable>(_ body: (State) -> Result) -> Result {
        guarded.withLock { body($0.state) }
    }

    /// Waits until the value is as wished, for `limit` at most.
    ///
    /// - Returns: whether it came to be so. False also when the waiting task is cancelled.
    func wait(within limit: Duration, until isSatisfied: @escaping @Sendable (State) -> Bool) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { await self.wait(until: isSatisfied) }
            group.addTask {
                // Fails only when cancelled because the wish came true, and then nobody looks at the result.
                do { try await Task.sleep(for: limit) } catch {}
                return false
            }
            let first = await group.next() ?? false
            group.cancelAll()
            return first
        }
    }

    private func wait(until isSatisfied: @escaping @Sendable (State) -> Bool) async -> Bool {
        let id = guarded.withLock { guarded in
            guarded.nextWaiter += 1
            return guarded.nextWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let known: Bool? = guarded.withLock { guarded in
                    if isSatisfied(guarded.state) { return true }
                    // The flag is set before the handler below runs: either it is seen here, or the handler finds us.
                    if Task.isCancelled { return false }
                    guarded.waiters.append(Waiter(id: id, isSatisfied: isSatisfied, continuation: continuation))
                    return nil
                }
                if let known { continuation.resume(returning: known) }
            }
        } onCancel: {
            let waiter = guarded.withLock { guarded in
                guarded.waiters.firstIndex { $0.id == id }.map { guarded.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume(returning: false)
        }
    }

    private static func removeSatisfied(from guarded: inout Guarded) -> [CheckedContinuation<Bool, Never>] {
        guard !guarded.waiters.isEmpty else { return [] }
        let woken = guarded.waiters.filter { $0.isSatisfied(guarded.state) }
        if !woken.isEmpty {
            let ids = Set(woken.map(\.id))
            guarded.waiters.removeAll { ids.contains($0.id) }
        }
        return woken.map(\.continuation)
    }
}

/// What was waited for did not come within its limit.
package struct WaitedTooLong: Error, Sendable, CustomStringConvertible {
    /// What was waited for, for how long, and what there was instead.
    package let description: String
}
