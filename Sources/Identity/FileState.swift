// Whether a file is still the one that was read, told without opening it.

// With jwt-kit come Foundation's C modules; to the compiler `stat` is then theirs.
import CoreFoundation
import Glibc

/// What the system says of a file's content. Another content is another state, whichever way it came there: written over,
/// renamed to that name, or behind a link that points elsewhere now.
package enum FileState: Sendable, Equatable {
    case missing
    /// Times in nanoseconds since 1970. That of the last change of the file's own data (`ctime`) cannot be set back, as
    /// tools that copy times do with that of its content.
    case there(device: UInt64, inode: UInt64, size: Int, modified: Int, changed: Int)

    /// Of what stands at `path` now, links followed. What cannot be looked at is missing.
    package init(of path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            self = .missing
            return
        }
        self = .there(
            device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: Int(status.st_size),
            modified: Self.nanoseconds(status.st_mtim), changed: Self.nanoseconds(status.st_ctim))
    }

    /// Whether there is something in it.
    var isFilled: Bool {
        if case .there(_, _, let size, _, _) = self { size > 0 } else { false }
    }

    /// Which file it is, whatever it holds; nil: none.
    package var identity: [UInt64]? {
        if case .there(let device, let inode, _, _, _) = self { [device, inode] } else { nil }
    }

    private static func nanoseconds(_ time: timespec) -> Int { time.tv_sec &* 1_000_000_000 &+ time.tv_nsec }
}

/// When to read a file again that others may change: once it is another, and has come to rest. A file that is being
/// written over in place is seen half-written otherwise.
package struct FileWatch: Sendable {
    /// Nobody pauses for so long while writing. Less than the interval of looking, lest it take two of them.
    static let rest = Duration.milliseconds(200)

    private var lastSeen: (state: FileState, since: ContinuousClock.Instant)?
    /// What was read and could not be used: once is enough.
    private var refused: FileState?

    package init() {}

    /// Whether to read it now.
    /// - Parameters:
    ///   - state: as it is now. To be asked again and again; how soon does not matter.
    ///   - served: of the content that is in use.
    ///   - isWhole: whether somebody has just ended writing it. Of one that is empty that says nothing: many truncate a file
    ///     first and open it again to fill it.
    package mutating func isDue(
        _ state: FileState, served: FileState, isWhole: Bool = false, at now: ContinuousClock.Instant
    ) -> Bool {
        let since = lastSeen.flatMap { $0.state == state ? $0.since : nil } ?? now
        lastSeen = (state, since)
        let isStill = since.duration(to: now) >= Self.rest || isWhole && state.isFilled
        return isStill && state != served && state != refused
    }

    /// What was read in that state cannot be used.
    package mutating func refuse(_ state: FileState) { refused = state }
}
