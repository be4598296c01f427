// Files of certificates and keys: read whole, with what the file system says about them.

internal import Glibc

/// A file that a listener's TLS cannot use. The description names it and says why, for an operator.
package struct CannotUseCertificate: Error, CustomStringConvertible {
    package let file: String
    package let reason: String

    package var description: String { "\(file): \(reason)" }
}

/// A PEM file's bytes.
struct CertificateFile {
    /// A chain has a few kilobytes, a bundle of all public roots a quarter of this; what is longer is something else.
    private static let longest = 1 << 20

    let path: String
    let bytes: [UInt8]
    /// Whether users other than its owner and group may read it.
    let isOpenToOthers: Bool

    init(_ path: String) throws(CannotUseCertificate) {
        // Without O_NONBLOCK, opening a FIFO would wait for a writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .refused(path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .refused(path) }
        self.path = path
        isOpenToOthers = status.st_mode & S_IROTH != 0
        bytes = try Self.read(descriptor, path)
    }

    private static func read(_ descriptor: CInt, _ path: String) throws(CannotUseCertificate) -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .refused(path) }
            if count == 0 { return bytes }
            bytes += piece[..<count]
            guard bytes.count <= longest else {
                throw CannotUseCertificate(file: path, reason: "is longer than 1 MiB, which no certificate is")
            }
        }
    }
}

extension CannotUseCertificate {
    /// What the system just refused.
    fileprivate static func refused(_ path: String) -> CannotUseCertificate {
        CannotUseCertificate(file: path, reason: "cannot be read: \(String(cString: strerror(errno)))")
    }
}
