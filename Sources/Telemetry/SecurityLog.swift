// Security events in the process's log. Whoever can cause them can cause a flood of them, so there are so many lines a
// second and no more, and a count of what was left out.

package import Logging
package import Pipeline
internal import Synchronization

/// Writes security events to the log: of each kind a burst of twenty, then ten a second. A flood of one kind hides no
/// event of another.
package final class SecurityLog: SecurityWatch {
    private static let rate = Rate(perSecond: 10, burst: 20)

    private struct Line {
        var bucket: TokenBucket
        /// Left out since the last line.
        var suppressed = 0
    }

    private struct State {
        var lines: [SecurityEvent.Kind: Line] = [:]
        var counts: [SecurityEvent.Kind: Int] = [:]
    }

    private let logger: Logger
    private let clock: @Sendable () -> ContinuousClock.Instant
    private let state = Mutex(State())

    package init(_ logger: Logger, clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.logger = logger
        self.clock = clock
    }

    /// Events since the start, written or not.
    package var counts: [SecurityEvent.Kind: Int] { state.withLock(\.counts) }

    package func note(_ event: SecurityEvent) {
        let now = clock()
        let before = state.withLock { state -> Int? in
            state.counts[event.kind, default: 0] += 1
            var line = state.lines[event.kind] ?? Line(bucket: TokenBucket(at: now))
            defer { state.lines[event.kind] = line }
            guard line.bucket.take(Self.rate, at: now) == nil else {
                line.suppressed += 1
                return nil
            }
            defer { line.suppressed = 0 }
            return line.suppressed
        }
        if let before { write(event, suppressed: before) }
    }

    /// Says what was left out, where nothing has come since that would have said so. To be called every second or so.
    package func settle() {
        let now = clock()
        let due = state.withLock { state in
            var due: [(SecurityEvent.Kind, Int)] = []
            for (kind, line) in state.lines where line.suppressed > 0 {
                guard state.lines[kind]?.bucket.take(Self.rate, at: now) == nil else { continue }
                state.lines[kind]?.suppressed = 0
                due.append((kind, line.suppressed))
            }
            return due
        }
        for (kind, suppressed) in due {
            logger.warning(
                "Security events were left out.",
                metadata: ["event": "\(kind.rawValue)", "suppressed": "\(suppressed)"])
        }
    }

    private func write(_ event: SecurityEvent, suppressed: Int) {
        var metadata: Logger.Metadata = [
            "event": "\(event.kind.rawValue)", "request": "\(event.requestID)", "client": "\(event.client)",
            "reason": "\(event.reason)",
        ]
        if let credential = event.credential { metadata["credential"] = "\(credential)" }
        if suppressed > 0 { metadata["suppressed"] = "\(suppressed)" }
        // What an upstream did wrong is the operator's to look into; what clients do wrong happens every day.
        logger.log(level: event.kind == .wrongTenant ? .error : .warning, "Security event.", metadata: metadata)
    }
}
