// Whether a client takes its answer. Windows of a byte would hold an answer for ever, always moving a little.

internal import Configuration

/// An answer on its way: within each `timeouts.write` a good piece of it must leave.
struct Progress {
    private static let piece = 16 * 1024

    private let patience: Duration
    private var sent = 0
    /// When the next piece must have left.
    private(set) var due: ContinuousClock.Instant

    init(_ timeouts: ServerTimeouts, at now: ContinuousClock.Instant) {
        patience = timeouts.write
        due = now.advanced(by: patience)
    }

    /// For so long nothing could leave, since the connection took nothing: that is no fault of this answer.
    mutating func wait(_ time: Duration) { due += time }

    /// So many bytes more have left. Returns whether that completes a piece.
    @discardableResult
    mutating func count(_ bytes: Int, at now: ContinuousClock.Instant) -> Bool {
        sent += bytes
        guard sent >= Self.piece else { return false }
        sent = 0
        due = now.advanced(by: patience)
        return true
    }
}

/// What the client did not take at once: an answer over HTTP/1.1, which is written in one piece, or what was written ahead
/// over HTTP/2. The kernel asks for more only when a good part of it is gone, so how much has left is asked now and then.
final class SlowAnswer {
    /// Looks within one `timeouts.write`: so a client that stops is left at most a quarter of it late.
    private static let looks = 4

    private let pause: Duration
    private var progress: Progress
    private var left: Int

    /// - Parameter left: how many bytes have not left yet.
    init(left: Int, _ timeouts: ServerTimeouts, at now: ContinuousClock.Instant) {
        self.left = left
        pause = timeouts.write / Self.looks
        progress = Progress(timeouts, at: now)
    }

    /// When to look again.
    func nextLook(at now: ContinuousClock.Instant) -> ContinuousClock.Instant {
        min(progress.due, now.advanced(by: pause))
    }

    /// So many bytes have not left yet. Returns whether it still moves as it must.
    func hasMoved(left: Int, at now: ContinuousClock.Instant) -> Bool {
        progress.count(max(0, self.left - left), at: now)
        self.left = left
        return now < progress.due
    }
}
