// Where calls of a plan begin. Downstream a request is one async journey; here callbacks are measured to cost a fifth less
// for the whole request, and all of them happen on one thread.

/// Takes calls to one upstream.
package protocol Calls: Sendable {
    /// Begins `call` and returns at once. `end` is called exactly once, on the same thread: with a complete reply of status
    /// 200 or 404, or with why there is none. It may be called before this returns.
    func begin(_ call: Call, then end: @escaping (Result<Reply, Failure>) -> Void) -> (any RunningCall)?
}

/// A call that has not ended.
package protocol RunningCall: AnyObject {
    /// Ends the call with a failure of kind `cancelled`, at once. Must not be used after the call's end.
    func cancel()

    /// Ends it as `cancel` does: the same call was asked again later, and that was answered sooner.
    func giveWay()

    /// Which of the upstream's endpoints is asked, by its place in the configuration; nil: none is as yet, or nobody can tell.
    var endpoint: Int? { get }

    /// How often the upstream was asked for it so far.
    var attempts: Int { get }

    /// When it got the place that it had to wait for, by its loop's clock; nil: it did not have to, or it waits still. May be asked
    /// after the call's end, too.
    var waitedUntil: ContinuousClock.Instant? { get }
}

extension RunningCall {
    package func giveWay() { cancel() }
    package var endpoint: Int? { nil }
    package var attempts: Int { 1 }
    package var waitedUntil: ContinuousClock.Instant? { nil }
}
