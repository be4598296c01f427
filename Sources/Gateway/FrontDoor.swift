// From the edge to a fan-out loop: which loop, and the task that answers.

internal import Admin
internal import Pipeline
internal import Synchronization
internal import Upstream

/// Hands each request to the loop that its question belongs to.
final class FrontDoor: RequestHandler {
    private let runtimes: [LoopRuntime]
    private let leaving: Leaving
    /// Answers `/readyz` to whoever asks, without a hop and without a line in the access log.
    private let readiness: AdminHandler
    private let tellsReadiness: Atomic<Bool>

    init(_ runtimes: [LoopRuntime], leaving: Leaving, readiness: AdminHandler, tellsReadiness: Bool) {
        self.runtimes = runtimes
        self.leaving = leaving
        self.readiness = readiness
        self.tellsReadiness = Atomic(tellsReadiness)
    }

    /// Whether `/readyz` is answered here from now on.
    func tellReadiness(_ isTold: Bool) { tellsReadiness.store(isTold, ordering: .relaxed) }

    func handle(_ request: Request, for recipient: any ResponseRecipient) -> any Exchange {
        if tellsReadiness.load(ordering: .relaxed), request.path == "/readyz", request.refused == nil {
            return readiness.handle(request, for: recipient)
        }
        leaving.count()
        let runtime = runtime(of: request)
        let running = RunningRequest(on: runtime)
        runtime.loop.submit { running.begin(request, for: recipient) }
        return running
    }

    /// Equal questions of one credential meet on one loop, where they can share calls.
    private func runtime(of request: Request) -> LoopRuntime {
        guard runtimes.count > 1 else { return runtimes[0] }
        var hash = FNV1a()
        request.path.withBytes { hash.add($0) }
        request.authorization?.withBytes { hash.add(UnsafeBufferPointer(rebasing: $0.suffix(8))) }
        return runtimes[Int(truncatingIfNeeded: (hash.value >> 32) % UInt64(runtimes.count))]
    }
}

/// A request in progress. Its task is made, held and let go on the loop's thread: memory that goes back on another thread
/// than it came from costs a contended lock of the allocator.
private final class RunningRequest: Exchange {
    private struct State {
        var task: Task<Void, Never>?
        var isCancelled = false
        /// Cancelled, but by the gateway: the client is there and waits.
        var isGivenUp = false
    }

    private let runtime: LoopRuntime
    private let state: LoopOwned<State>

    init(on runtime: LoopRuntime) {
        self.runtime = runtime
        state = LoopOwned(State(), by: runtime.loop)
    }

    func begin(_ request: Request, for recipient: any ResponseRecipient) {
        let task = Task(executorPreference: runtime.loop) { [runtime, state] in
            let response = await runtime.serve(request)
            state.value.task = nil
            if Task.isCancelled, !state.value.isGivenUp { return recipient.release() }
            runtime.loop.afterJobs { recipient.receive(response) }
        }
        state.value.task = task
        // The client may have left before the loop came to it; the log tells of it all the same.
        if state.value.isCancelled { task.cancel() }
    }

    /// Cancels the task, and with it all its calls.
    func cancel() {
        runtime.loop.submit { [self] in
            state.value.isCancelled = true
            state.value.task?.cancel()
        }
    }

    func giveUp() {
        runtime.leaving.begin(.over)
        runtime.loop.submit { [self] in
            state.value.isGivenUp = true
            state.value.isCancelled = true
            state.value.task?.cancel()
        }
    }
}
