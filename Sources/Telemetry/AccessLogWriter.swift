// The access log's own thread: it takes blocks of lines from all loops and writes them, however slow that is. A full
// pipe or disk costs lines, which are counted, and never a request.

package import Configuration
import Glibc
import Pipeline
import Synchronization

/// Writes blocks of lines in the order in which they are handed over, on a thread of its own that runs until `close`.
///
/// A block is one `write(2)` where the file takes it, so lines of several processes that append to one file do not mix.
/// In a pipe (stdout, mostly) they may, beyond PIPE_BUF bytes, if something else writes to it too.
package final class AccessLogWriter: Sendable {
    /// Lines of one loop.
    struct Block: Sendable {
        let bytes: [UInt8]
        let lines: Int
    }

    /// Lines that were not written.
    package struct Losses: Sendable, Equatable {
        package static let none = Losses()

        /// Refused because too much was waiting (whoever reads the log is slower than it is written), or after `close`.
        package var refused = 0
        /// Given up because writing failed.
        package var failed = 0
        /// What the last failed write said (`errno`); 0: none failed.
        package var lastError: Int32 = 0
    }

    private struct Queue {
        var blocks: [Block] = []
        /// Of `blocks` and of those being written.
        var bytes = 0
        var lines = 0
        var isWriterAsleep = false
        var isClosed = false
        var losses = Losses()
    }

    /// Bytes that may wait: some five thousand lines.
    private let limit: Int
    private let file: LogFile
    private let queue = Mutex(Queue())
    private let work: Semaphore
    private let ended: Semaphore

    /// The writer that `setting` asks for; nil: it asks for none.
    package static func start(_ setting: TelemetrySettings.AccessLog) throws(AccessLogUnavailable) -> AccessLogWriter? {
        switch setting {
        case .off: nil
        case .stdout: try AccessLogWriter(to: .standardOutput)
        case .file(let path): try AccessLogWriter(to: LogFile(path: path))
        }
    }

    /// Starts a thread that writes to `file` and lets up to `limit` bytes wait.
    init(to file: consuming LogFile, limit: Int = 4 * 1024 * 1024) throws(AccessLogUnavailable) {
        self.file = file
        self.limit = limit
        work = Semaphore()
        ended = Semaphore()
        let error = DetachedThread.start { self.run() }
        guard error == 0 else { throw AccessLogUnavailable(path: nil, errorNumber: error) }
    }

    /// Goes on in the file that has the name `path` now, for whoever renames the old one.
    package func reopen(_ path: String) throws(AccessLogUnavailable) { try file.reopen(path) }

    /// Takes a block, or counts its lines as lost. Holds a lock for the time of an append.
    func take(_ block: Block) {
        let mustWake = queue.withLock { queue in
            guard !queue.isClosed, queue.bytes + block.bytes.count <= limit else {
                queue.losses.refused += block.lines
                return false
            }
            queue.blocks.append(block)
            queue.bytes += block.bytes.count
            queue.lines += block.lines
            defer { queue.isWriterAsleep = false }
            return queue.isWriterAsleep
        }
        if mustWake { work.signal() }
    }

    /// What was lost since the start.
    package var losses: Losses { queue.withLock(\.losses) }

    /// Lines that wait, or are being written: lost, if the process ends now, but for those of a block that is half written.
    package var unwritten: Int { queue.withLock(\.lines) }

    /// Takes nothing more, writes what is waiting and ends the thread. May be called more than once.
    ///
    /// - Returns: Whether all that is over within `limit`; if not, the thread is left to itself.
    @discardableResult
    package func close(within limit: Duration) -> Bool {
        queue.withLock { queue in
            queue.isClosed = true
            queue.isWriterAsleep = false
        }
        work.signal()
        guard ended.wait(atMost: limit) else { return false }
        // For whoever closes it once more.
        ended.signal()
        return true
    }

    private func run() {
        var endsInsideLine = false
        while let blocks = nextBlocks() {
            for block in blocks { write(block, endsInsideLine: &endsInsideLine) }
        }
        ended.signal()
    }

    /// All that is waiting; waits for it. Nil: closed, and all is written.
    private func nextBlocks() -> [Block]? {
        while true {
            let (blocks, isClosed) = queue.withLock { queue in
                queue.isWriterAsleep = queue.blocks.isEmpty && !queue.isClosed
                defer { queue.blocks = [] }
                return (queue.blocks, queue.isClosed)
            }
            if !blocks.isEmpty { return blocks }
            if isClosed { return nil }
            work.wait()
        }
    }

    private func write(_ block: Block, endsInsideLine: inout Bool) {
        // An earlier block was cut off by an error: what comes now shall not become part of its last line.
        let bytes = endsInsideLine ? [UInt8(ascii: "\n")] + block.bytes : block.bytes
        let (written, error) = file.write(bytes)
        if written > 0 { endsInsideLine = bytes[written - 1] != UInt8(ascii: "\n") }
        queue.withLock { queue in
            queue.bytes -= block.bytes.count
            queue.lines -= block.lines
            guard error != 0 else { return }
            queue.losses.failed += bytes[written...].count { $0 == UInt8(ascii: "\n") }
            queue.losses.lastError = error
        }
    }
}
