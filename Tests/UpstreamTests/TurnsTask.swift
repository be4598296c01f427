// Turns as steps of a task, which is how tests read best.

import Pipeline

@testable import Upstream

extension Turns {
    /// Returns when it is the caller's turn; `leave` gives it back.
    /// - Throws: `deadlineExceeded` if it does not come by `deadline`; `clientGone` if the task is cancelled.
    func enter(_ lane: Int = 0, by deadline: ContinuousClock.Instant) async throws(Failure) {
        if take(lane) { return }
        let task = Confined(WaitingTask())
        let waiter = Confined(TurnWaiter(lane, for: task.value))
        let turns = Confined(self)
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                task.value.wait {
                    continuation.resume()
                } in: {
                    turns.value.wait(waiter.value, until: deadline)
                }
            }
        } onCancel: { [perform = loop.perform] in
            perform {
                turns.value.giveUp(waiter.value)
                task.value.cancel()
            }
        }
        switch task.value.end {
        case .turn?: return
        case .late?: throw Failure(.deadlineExceeded, .gateway, "late")
        case nil: throw Failure(.clientGone, .downstream, "cancelled")
        }
    }
}

private final class WaitingTask: TurnTaker {
    enum End { case turn, late }

    private(set) var end: End?
    private var resume: (() -> Void)?
    private var isCancelled = false

    func wait(_ resume: @escaping () -> Void, in line: () -> Void) {
        guard !isCancelled else { return resume() }
        self.resume = resume
        line()
    }

    func waited(isTurn: Bool) {
        end = isTurn ? .turn : .late
        goOn()
    }

    func cancel() {
        isCancelled = true
        goOn()
    }

    private func goOn() {
        resume?()
        resume = nil
    }
}
