// State that belongs to one thread, carried through code that the compiler takes for concurrent.

import Glibc

/// A value that only the thread which wrapped it touches.
///
/// A request's task and its child tasks all run on their fan-out loop's thread, which the compiler cannot know. This
/// is the one place that says so; each access checks it (a comparison), and a breach is our own bug.
package struct Confined<Value>: @unchecked Sendable {
    private let wrapped: Value
    private let owner: pthread_t

    package init(_ value: Value) {
        wrapped = value
        owner = pthread_self()
    }

    package var value: Value {
        precondition(pthread_equal(owner, pthread_self()) != 0, "A confined value was touched from another thread.")
        return wrapped
    }
}
