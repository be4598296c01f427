// One fan-out loop's side of the access log: it turns requests into lines and hands whole blocks of them to the writer.
// A loop never waits for the log: what it does here is copy bytes.

package import Pipeline

/// Lines of one loop that the writer does not have yet. Used on its loop's thread only; what is left when it goes is
/// handed over.
///
/// The loop's owner calls `flush()` at the latest when `due` has come, so that a quiet gateway's log is not behind.
package final class AccessLogBuffer {
    /// What is told of a client that left before its answer (no such status is ever sent).
    package static let clientGone = AccessLogLine.clientGone
    /// How long a line may wait for company.
    package static let patience = Duration.milliseconds(100)
    /// Bytes from which a block is handed over at once: some sixty lines, so the writer's thread is woken rarely.
    static let blockSize = 32 * 1024

    private let writer: AccessLogWriter
    private var line = AccessLogLine()
    /// With room for the line that crosses `blockSize`, so that it seldom grows.
    private var block = LineBytes(capacity: blockSize + 4 * 1024)
    private var lines = 0

    /// When the oldest line's patience ends; nil: there is none.
    package private(set) var due: ContinuousClock.Instant?

    package init(to writer: AccessLogWriter) {
        self.writer = writer
    }

    deinit { flush() }

    /// Adds the line of `request`, which ended at `now`.
    ///
    /// - Parameters:
    ///   - response: What the client got; nil: it had left before (logged with status 499).
    ///   - wall: The time of day of `now`, since 1970 in UTC.
    package func append(
        _ request: Request, response: Response?, at now: ContinuousClock.Instant, wall: Duration = WallClock.now
    ) {
        line.write(request, response, at: now, wall: wall, to: &block)
        lines += 1
        if block.count >= Self.blockSize {
            flush()
        } else if due == nil {
            due = now + Self.patience
        }
    }

    /// Hands over the lines so far.
    package func flush() {
        due = nil
        guard lines > 0 else { return }
        writer.take(AccessLogWriter.Block(bytes: block.array, lines: lines))
        lines = 0
        block.removeAll()
    }
}
