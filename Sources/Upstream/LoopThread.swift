// A thread that runs one loop.

internal import CLinux
internal import Glibc
internal import Synchronization

/// A POSIX thread. `@unchecked`: `handle` is written by `start` and read by others only after it; the thread itself reads
/// `current`, which is its own.
final class LoopThread: @unchecked Sendable {
    private final class Body {
        let name: String
        let run: () -> Void

        init(name: String, run: @escaping () -> Void) {
            self.name = name
            self.run = run
        }
    }

    private let name: String
    private let identity = Atomic<UInt>(0)
    private let ended = Atomic<Bool>(false)
    private var handle = pthread_t()

    init(name: String) {
        self.name = name
    }

    var isCurrent: Bool { identity.load(ordering: .relaxed) == UInt(pthread_self()) }
    var hasEnded: Bool { ended.load(ordering: .acquiring) }

    func start(_ run: @escaping () -> Void) {
        let body = Body(name: name) { [self] in
            identity.store(UInt(pthread_self()), ordering: .relaxed)
            run()
            // The system may give the identity to another thread.
            identity.store(0, ordering: .relaxed)
            ended.store(true, ordering: .releasing)
        }
        // The thread takes over the reference.
        let context = Unmanaged.passRetained(body).toOpaque()
        let result = pthread_create(&handle, nil, enter, context)
        precondition(result == 0, "No thread for a fan-out loop: errno \(result).")
    }

    func join() {
        pthread_join(handle, nil)
    }

    private let enter: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        guard let context else { return nil }
        let body = Unmanaged<Body>.fromOpaque(context).takeRetainedValue()
        pthread_setname_np(pthread_self(), body.name)
        body.run()
        return nil
    }
}
