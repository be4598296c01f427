// Which protocol a client speaks, told by its first bytes: HTTP/2 begins with a request line no HTTP/1.1 client sends
// (RFC 9113, section 3.4).

internal import NIOCore

enum Preface {
    enum Finding: Equatable {
        case http1
        case http2
        /// The bytes so far could become either.
        case undecided
    }

    static let bytes = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    /// Judges the first bytes of a connection; at most 24 of them leave it undecided.
    static func judge(_ first: ByteBufferView) -> Finding {
        guard zip(first, bytes).allSatisfy(==) else { return .http1 }
        return first.count < bytes.count ? .undecided : .http2
    }
}
