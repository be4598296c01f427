// A semaphore, by which a thread that may block waits and is waited for.

import Glibc

/// A counting semaphore that starts at zero.
///
/// Unchecked, since it is its C handle's nature to be used from several threads; the handle lives as long as this.
final class Semaphore: @unchecked Sendable {
    private let handle: UnsafeMutablePointer<sem_t>

    init() {
        handle = .allocate(capacity: 1)
        sem_init(handle, 0, 0)
    }

    deinit {
        sem_destroy(handle)
        handle.deallocate()
    }

    func signal() {
        sem_post(handle)
    }

    func wait() {
        while sem_wait(handle) != 0 {
            precondition(errno == EINTR, "A semaphore that does not exist was waited for.")
        }
    }

    /// Whether it was signalled within `limit`.
    func wait(atMost limit: Duration) -> Bool {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let end = (.seconds(now.tv_sec) + .nanoseconds(now.tv_nsec) + max(limit, .zero)).components
        var until = timespec(tv_sec: Int(end.seconds), tv_nsec: Int(end.attoseconds / 1_000_000_000))
        while sem_timedwait(handle, &until) != 0 {
            if errno == ETIMEDOUT { return false }
            precondition(errno == EINTR, "A semaphore that does not exist was waited for.")
        }
        return true
    }
}
