// The door of a fan-out loop: other threads leave jobs here and wake the loop if it sleeps.

internal import CLinux
internal import Glibc
internal import Synchronization

/// What other threads want a loop to run. `put` may be called from any thread, the rest belongs to the loop.
final class Inbox: Sendable {
    enum Item {
        /// A part of a task.
        case job(UnownedJob)
        case work(@Sendable () -> Void)
    }

    private struct State {
        var items: [Item] = []
        /// Whether the loop waits in epoll, or is about to. Only then is a ring needed.
        var sleeps = false
    }

    private let state = Mutex(State())
    /// Becomes readable when something was put in while the loop slept.
    let bell: Int32

    init() {
        bell = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        precondition(bell >= 0, "eventfd failed: errno \(errno).")
    }

    deinit { close(bell) }

    func put(_ item: Item) {
        let wake = state.withLock { state in
            state.items.append(item)
            defer { state.sleeps = false }
            return state.sleeps
        }
        if wake { eventfd_write(bell, 1) }
    }

    /// Moves what is there into `items`, which must be empty, and leaves its storage for the next time.
    func take(into items: inout [Item]) {
        state.withLock { swap(&$0.items, &items) }
    }

    /// Says that the loop will sleep, unless something came in. Whoever puts something in from now on rings.
    func mayFallAsleep() -> Bool {
        state.withLock { state in
            state.sleeps = state.items.isEmpty
            return state.sleeps
        }
    }

    /// Says that the loop is awake and will look into the inbox before it sleeps again.
    func wokeUp() {
        state.withLock { $0.sleeps = false }
    }

    func silence() {
        var rings: UInt64 = 0
        eventfd_read(bell, &rings)
    }
}
