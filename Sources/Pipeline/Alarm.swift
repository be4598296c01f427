// How layers wait: by alarms of the loop they run on. Named here, so that layers need not know what a loop is.

/// What an alarm wakes.
package protocol Sleeper: AnyObject {
    func wake()
}

/// Names an alarm that was set. Its numbers mean something to the loop alone.
package struct AlarmID: Sendable {
    package let slot: Int
    package let serial: UInt64

    package init(slot: Int, serial: UInt64) {
        self.slot = slot
        self.serial = serial
    }
}

/// A loop as its layers see it. On its own thread only, except `perform`.
package protocol Timekeeper: AnyObject, Sendable {
    /// The time at which what happens now happens.
    var now: ContinuousClock.Instant { get }

    /// Wakes `sleeper` once, at `due` or soon after.
    @discardableResult
    func setAlarm(at due: ContinuousClock.Instant, for sleeper: any Sleeper) -> AlarmID

    /// Calls an alarm off. One that rang already is nobody's any more, and nothing happens.
    func callOff(_ alarm: AlarmID)

    /// Runs `work` on the loop's thread: at once if this is it, else soon.
    @Sendable
    func perform(_ work: @escaping @Sendable () -> Void)
}
