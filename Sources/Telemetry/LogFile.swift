// Where lines go: standard output, or a file that others may append to and rotate by copying and truncating.

import Glibc

/// Why there is no access log.
package struct AccessLogUnavailable: Error, Equatable, CustomStringConvertible {
    /// The file that could not be opened; nil: the thread could not be started.
    package let path: String?
    /// What the system said (`errno`).
    package let errorNumber: Int32

    package var description: String {
        let cause = String(cString: strerror(errorNumber))
        return path.map { "cannot open the access log \($0): \(cause)" }
            ?? "cannot start the access log's thread: \(cause)"
    }
}

/// An open file descriptor, closed with the value if it was opened here.
struct LogFile: ~Copyable {
    private let descriptor: Int32
    private let isOurs: Bool

    static var standardOutput: LogFile { LogFile(borrowing: STDOUT_FILENO) }
    static var standardError: LogFile { LogFile(borrowing: STDERR_FILENO) }

    /// Somebody else's descriptor, which must stay open while this lives.
    init(borrowing descriptor: Int32) {
        self.descriptor = descriptor
        isOurs = false
    }

    /// Opens `path` to append to it; a new one is for its owner to write and its group to read (lines name clients).
    init(path: String) throws(AccessLogUnavailable) {
        // Without O_NONBLOCK, a FIFO that nobody reads would hold up the start for ever; so it is an error (ENXIO).
        let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK
        let opened = open(path, flags, 0o640)
        guard opened >= 0 else { throw AccessLogUnavailable(path: path, errorNumber: errno) }
        descriptor = opened
        isOurs = true
        // From here on the thread may wait.
        _ = fcntl(opened, F_SETFL, O_APPEND)
    }

    /// Goes on in what has the name `path` now, a new file if there is none. Lines that are being written end in the old
    /// one. From any thread.
    func reopen(_ path: String) throws(AccessLogUnavailable) {
        let new = try LogFile(path: path)
        // The number stays, so nobody who writes has to know.
        guard dup2(new.descriptor, descriptor) >= 0 else {
            throw AccessLogUnavailable(path: path, errorNumber: errno)
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    deinit {
        if isOurs { close(descriptor) }
    }

    /// Writes all of `bytes`, waiting as long as it takes.
    ///
    /// - Returns: How many were written, and what the system said (`errno`) if that is not all of them.
    func write(_ bytes: [UInt8]) -> (written: Int, error: Int32) {
        bytes.withUnsafeBytes { bytes in
            var written = 0
            while written < bytes.count {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count >= 0 {
                    written += count
                } else if errno == EAGAIN {
                    waitForRoom()
                } else if errno != EINTR {
                    return (written, errno)
                }
            }
            return (written, 0)
        }
    }

    /// Standard output may have been made non-blocking by whoever shares it.
    private func waitForRoom() {
        var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&wanted, 1, -1)
    }
}
