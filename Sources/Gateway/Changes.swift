// Changes of a running gateway, and its end, one after the other: none begins while it leaves, and it does not leave in the
// middle of one.

internal import Synchronization

/// Runs one piece of work at a time, in the order in which they are asked for, until the end.
final class Changes: Sendable {
    private struct State {
        var last: Task<Void, Never>?
        var isOver = false
    }

    private let state = Mutex(State())

    /// Runs `work` when all that was asked for before is done. False: it is over, and nothing was run.
    func run(_ work: @escaping @Sendable () async -> Void) async -> Bool {
        let task = state.withLock { state -> Task<Void, Never>? in
            guard !state.isOver else { return nil }
            let before = state.last
            let task = Task {
                await before?.value
                await work()
            }
            state.last = task
            return task
        }
        await task?.value
        return task != nil
    }

    /// Waits for what runs. Nothing runs any more.
    func end() async {
        let last = state.withLock { state in
            state.isOver = true
            return state.last
        }
        await last?.value
    }
}
