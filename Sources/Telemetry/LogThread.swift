// A thread that may block, and the semaphores by which it waits and is waited for.

import Glibc

/// A thread outside of Swift's pool, which must not be blocked.
enum LogThread {
    private final class Body {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Runs `body` on a new, detached thread.
    static func start(_ body: @escaping @Sendable () -> Void) throws(AccessLogUnavailable) {
        // The new thread inherits the mask. Without signals, SIGTERM and the like go to threads that expect them, and a
        // closed pipe is an error of write(2) only.
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var thread = pthread_t()
        let context = Unmanaged.passRetained(Body(body))
        let error = pthread_create(&thread, nil, runBody, context.toOpaque())
        guard error == 0 else {
            context.release()
            throw AccessLogUnavailable(path: nil, errorNumber: error)
        }
        pthread_detach(thread)
    }

    /// Takes over the reference that `start` made.
    private static let runBody: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        guard let context else { return nil }
        Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
        return nil
    }
}

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
