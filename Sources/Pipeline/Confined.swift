// State that belongs to one thread, carried through code that the compiler takes for concurrent.

internal import Glibc

/// A value that only the thread which wrapped it touches.
///
/// A request's task and its child tasks all run on their fan-out loop's thread, which the compiler cannot know. This
/// is the one place that says so; each access checks it (a comparison), and a breach is our own bug.
public struct Confined<Value>: @unchecked Sendable {
    @usableFromInline let wrapped: Value
    /// `pthread_t`, which is a number on Linux.
    @usableFromInline let owner: UInt

    package init(_ value: Value) {
        wrapped = value
        owner = currentThread()
    }

    // Inlined: a hundred times a request, it must not be a generic function's call. Public, as the compiler does not inline
    // what is `package` into other targets (6.3, seen with callgrind).
    @inlinable public var value: Value {
        precondition(owner == currentThread(), "A confined value was touched from another thread.")
        return wrapped
    }
}

@usableFromInline
func currentThread() -> UInt { UInt(pthread_self()) }
