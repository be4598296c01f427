// epoll at arm's length. Sockets enter once, edge-triggered, and leave by being closed: an idle pooled connection costs
// no system call between two transfers.

internal import CLinux
internal import Glibc

/// One epoll set and the events of its last wait. Used on its loop's thread only.
struct Poller: ~Copyable {
    /// What a descriptor was registered as. The generation tells a closed descriptor from a new one of the same number,
    /// since the kernel gives numbers out again at once.
    struct Token: Equatable {
        let descriptor: Int32
        let generation: UInt32
    }

    struct Events: OptionSet {
        let rawValue: UInt32

        static let readable = Events(rawValue: EPOLLIN.rawValue)
        static let writable = Events(rawValue: EPOLLOUT.rawValue)
        static let broken = Events(rawValue: EPOLLERR.rawValue | EPOLLHUP.rawValue)
    }

    /// Events that one wait tells of at most.
    static let batch = 256
    private let set: Int32
    private let events: UnsafeMutablePointer<epoll_event>

    init() {
        set = epoll_create1(Int32(EPOLL_CLOEXEC))
        precondition(set >= 0, "epoll_create1 failed: errno \(errno).")
        events = .allocate(capacity: Self.batch)
    }

    deinit {
        close(set)
        events.deallocate()
    }

    /// Registers a descriptor for both directions, edge-triggered. Its present readiness is reported as an edge.
    func add(_ token: Token) {
        control(EPOLL_CTL_ADD, token, EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLET.rawValue)
    }

    /// Makes the present readiness of a registered descriptor an edge again.
    func rearm(_ token: Token) {
        control(EPOLL_CTL_MOD, token, EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLET.rawValue)
    }

    /// Registers a descriptor for reading, level-triggered.
    func addLevel(_ token: Token) {
        control(EPOLL_CTL_ADD, token, EPOLLIN.rawValue)
    }

    func remove(_ token: Token) {
        control(EPOLL_CTL_DEL, token, 0)
    }

    /// Waits for events, at most that many milliseconds; -1: for ever. Returns how many came.
    func wait(milliseconds: Int32) -> Int {
        let count = epoll_wait(set, events, Int32(Self.batch), milliseconds)
        if count >= 0 { return Int(count) }
        precondition(errno == EINTR, "epoll_wait failed: errno \(errno).")
        return 0
    }

    func event(_ index: Int) -> (Token, Events) {
        let packed = events[index].data.u64
        let token = Token(
            descriptor: Int32(truncatingIfNeeded: packed), generation: UInt32(truncatingIfNeeded: packed >> 32))
        return (token, Events(rawValue: events[index].events))
    }

    private func control(_ operation: Int32, _ token: Token, _ wanted: UInt32) {
        var event = epoll_event()
        event.events = wanted
        event.data.u64 = UInt64(token.generation) << 32 | UInt64(UInt32(bitPattern: token.descriptor))
        let result = epoll_ctl(set, operation, token.descriptor, &event)
        // ENOENT: libcurl closed it behind our back, as it does with its resolver's sockets.
        precondition(result == 0 || errno == ENOENT || errno == EBADF, "epoll_ctl failed: errno \(errno).")
    }
}
