// Files as text: reading one whole, and replacing one so that a reader finds the old or the new text and nothing
// between.

// With jwt-kit come Foundation's C modules; to the compiler `stat` is then theirs.
import CoreFoundation
import Glibc

/// What the system refused.
struct SystemRefusal: Error, CustomStringConvertible {
    let action: String
    let path: String
    let errorNumber: Int32

    var description: String { "cannot \(action) \(path): \(String(cString: strerror(errorNumber)))" }
}

/// A file that was read and cannot be one of keys.
struct UnusableText: Error, CustomStringConvertible {
    let description: String
}

enum KeyText {
    /// A hundred thousand records; what is longer is something else.
    static let longest = 16 * 1024 * 1024

    /// The text of the file at `path`.
    static func read(_ path: String) throws -> String {
        let bytes = try bytes(of: path, longest: longest, else: "a file of keys has 16 MiB at most")
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw UnusableText(description: "a file of keys is UTF-8")
        }
        return text
    }

    /// What the file at `path` holds, up to `longest` bytes.
    static func bytes(of path: String, longest: Int, else complaint: String) throws -> [UInt8] {
        // Without O_NONBLOCK, opening a FIFO would wait for a writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw SystemRefusal(action: "open", path: path, errorNumber: errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemRefusal(action: "read", path: path, errorNumber: errno) }
            if count == 0 { return bytes }
            bytes += piece[..<count]
            guard bytes.count <= longest else { throw UnusableText(description: complaint) }
        }
    }

    /// Replaces the file at `path`, or makes it. An existing one's owner and mode are kept; a new one is its owner's
    /// alone.
    static func replace(_ path: String, with text: String) throws {
        var old = stat()
        let exists = stat(path, &old) == 0
        let beside = path + ".new"
        // What a writer that was killed left behind. No other writes now: the caller holds the lock.
        unlink(beside)
        let descriptor = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw SystemRefusal(action: "create", path: beside, errorNumber: errno) }
        do {
            defer { close(descriptor) }
            if exists, fchown(descriptor, old.st_uid, old.st_gid) != 0 {
                throw SystemRefusal(action: "keep the owner of", path: path, errorNumber: errno)
            }
            if exists, fchmod(descriptor, old.st_mode & 0o777) != 0 {
                throw SystemRefusal(action: "keep the mode of", path: path, errorNumber: errno)
            }
            try write(text, to: descriptor, path: beside)
            guard fsync(descriptor) == 0 else {
                throw SystemRefusal(action: "write", path: beside, errorNumber: errno)
            }
        } catch {
            unlink(beside)
            throw error
        }
        guard rename(beside, path) == 0 else {
            let error = SystemRefusal(action: "replace", path: path, errorNumber: errno)
            unlink(beside)
            throw error
        }
        try syncFolder(of: path)
    }

    private static func write(_ text: String, to descriptor: Int32, path: String) throws {
        let bytes = Array(text.utf8)
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                written += count
            } else if errno != EINTR {
                throw SystemRefusal(action: "write", path: path, errorNumber: errno)
            }
        }
    }

    /// Without it, a power cut could bring the old file back.
    private static func syncFolder(of path: String) throws {
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemRefusal(action: "open", path: folder, errorNumber: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw SystemRefusal(action: "sync", path: folder, errorNumber: errno) }
    }
}
