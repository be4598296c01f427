// How late an event loop of the edge is: it sets itself an alarm, and looks how late it rings.

internal import NIOCore
internal import Pipeline

enum LagWatch {
    /// Often enough to see in a quarter of a second what lasts, and so seldom that an idle loop notices nothing of it.
    private static let every = Duration.milliseconds(100)

    /// Tells `lag` from now on, until the loop ends.
    static func begin(on loop: any EventLoop, telling lag: LoopLag) {
        let due = ContinuousClock.now + every
        loop.scheduleTask(in: TimeAmount(every)) {
            let now = ContinuousClock.now
            lag.passed(due.duration(to: now), at: now)
            begin(on: loop, telling: lag)
        }
    }
}
