// Connections that the kernel has made and that nobody has accepted yet: closing their listener would reset them, and a
// client would see a connection broken that was never served.

internal import Glibc
internal import NIOCore

/// What waits at one listener.
struct AcceptQueue {
    /// A queue that is not empty by then is filled as fast as it is emptied, or there are no descriptors left.
    private static let patience = Duration.milliseconds(500)

    private let listener: any Channel

    init(of listener: any Channel) {
        self.listener = listener
    }

    /// Waits until nothing is left of what was there, with a limit. The listener goes on accepting by itself meanwhile.
    func empty() async throws {
        // One that does not accept was never served by, or there are no descriptors left.
        guard listener.isActive, try await listener.getOption(.autoRead).get() else { return }
        let end = ContinuousClock.now + Self.patience
        while try await count() > 0, .now < end {
            // Its loop accepts between two questions.
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    /// How many wait. For a listening socket Linux tells that as segments without an acknowledgement (`tcp_diag`, `tcp(7)`).
    private func count() async throws -> UInt32 {
        guard listener.isActive, let socket = listener as? any SocketOptionProvider else { return 0 }
        let about: tcp_info = try await socket.unsafeGetSocketOption(
            level: .init(IPPROTO_TCP), name: .init(TCP_INFO)
        ).get()
        return about.tcpi_unacked
    }
}
