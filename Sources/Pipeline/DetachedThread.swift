// A thread that nobody waits for: outside of Swift's pool, whose threads must not be blocked.

internal import Glibc

package enum DetachedThread {
    private final class Body {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Runs `body` on a new thread, which ends with it.
    /// - Returns: 0, or the errno of a system that has no thread to give.
    package static func start(_ body: @escaping @Sendable () -> Void) -> Int32 {
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
            return error
        }
        pthread_detach(thread)
        return 0
    }

    /// Takes over the reference that `start` made.
    private static let runBody: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        guard let context else { return nil }
        Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
        return nil
    }
}
