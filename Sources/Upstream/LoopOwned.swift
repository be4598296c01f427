// State of one loop that is made elsewhere.

/// A value that only a fan-out loop's thread may touch, whoever made it.
///
/// `@unchecked`: each access checks that it happens on the loop's thread, a breach is our own bug.
package final class LoopOwned<Value>: @unchecked Sendable {
    private var wrapped: Value
    private unowned let loop: FanOutLoop

    package init(_ value: Value, by loop: FanOutLoop) {
        wrapped = value
        self.loop = loop
    }

    package var value: Value {
        get {
            check()
            return wrapped
        }
        _modify {
            check()
            yield &wrapped
        }
    }

    private func check() {
        precondition(loop.isCurrent, "A loop's value was touched from another thread.")
    }
}
