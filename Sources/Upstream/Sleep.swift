// Waiting on a loop without a thread.

internal import Pipeline

extension FanOutLoop {
    /// Returns at `instant`, or at once if the task is cancelled. On the loop's thread only.
    package func sleep(until instant: ContinuousClock.Instant) async {
        let sleeping = Confined(SleepingTask())
        await withTaskCancellationHandler {
            await withUnsafeContinuation { sleeping.value.begin($0, alarm: { setAlarm(at: instant, for: $0) }) }
        } onCancel: {
            perform { [self] in cancel(sleeping) }
        }
    }

    private func cancel(_ sleeping: Confined<SleepingTask>) {
        if let alarm = sleeping.value.alarm { callOff(alarm) }
        sleeping.value.wake()
    }
}

/// A task that waits for an alarm, or for its cancellation.
private final class SleepingTask: Sleeper {
    private(set) var alarm: AlarmID?
    private var continuation: UnsafeContinuation<Void, Never>?
    private var isOver = false

    func begin(_ continuation: UnsafeContinuation<Void, Never>, alarm: (SleepingTask) -> AlarmID) {
        guard !isOver else { return continuation.resume() }
        self.continuation = continuation
        self.alarm = alarm(self)
    }

    func wake() {
        isOver = true
        alarm = nil
        continuation?.resume()
        continuation = nil
    }
}
