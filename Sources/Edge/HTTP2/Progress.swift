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
