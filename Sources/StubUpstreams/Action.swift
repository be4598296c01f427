// Everything the stub can do to a reply: when it comes, what it says, how it is framed, how it ends.

/// One thing that happens to a reply. Several can happen to one; those of a kind exclude each other.
package enum Action: Sendable, Equatable {
    // When.
    /// Before the first byte.
    case delay(Delay)
    /// Held, before the delay, until the gate lets it through. In-process only.
    case hold(Gate)
    /// The body comes in pieces of so many bytes, so far apart.
    case drip(bytes: Int, every: Duration)

    // What.
    /// 2xx carry the record, 204 and 304 nothing, others an error.
    case status(Int)
    /// In addition to, or in place of, those a reply has.
    case fields([StubUpstreams.Field])
    /// This text instead of the record.
    case body(String)
    /// So many random bytes, called JSON.
    case garbage(bytes: Int)
    /// A page in HTML, called that.
    case notJSON
    /// 302 to a URL.
    case redirect(String)
    /// Something else in the record.
    case change(RecordChange)
    /// A sequence that is no UTF-8 inside the record's first string.
    case invalidUTF8
    /// White space after the record until the body has so many bytes: right JSON, but too much of it.
    case oversized(bytes: Int)
    /// gzip, asked for or not.
    case compressed(Compression)

    // How it is framed.
    /// In chunks of 1000 bytes; with a fault, wrong in that way.
    case chunked(ChunkFault?)
    /// A Content-Length that is not the body's.
    case contentLength(LengthFault)
    /// So many bytes of additional header fields, 4 KiB each at most.
    case hugeHeaders(bytes: Int)
    /// So many interim responses (103) before the reply.
    case informational(Int)
    /// Something of which there is no end, until the client leaves.
    case endless(Endless)
    /// After the reply, so much later, the same again, which nobody asked for. Zero: with it.
    case secondReply(after: Duration)
    /// These bytes and nothing else of a reply; then the connection is closed unless `reset` or `hang` says otherwise.
    case raw([UInt8])

    // How it ends.
    /// Nothing comes any more; at once, or after the headers and so many bytes of the body.
    case hang(after: Int?)
    /// RST.
    case reset(Point)
    /// FIN.
    case close(Point)
    /// RST as soon as the connection is accepted. Of the rule's conditions only service, calls and probability count,
    /// and they count connections.
    case resetAtAccept

    /// Where a reply is cut.
    package enum Point: Sendable, Equatable {
        /// Before any byte.
        case headers
        /// After the headers and so many bytes of the body, framing included.
        case body(Int)
        /// After all of it, unannounced: the connection looked as if it could be used again.
        case reply
    }

    package enum Delay: Sendable, Equatable {
        case fixed(Duration)
        /// Evenly spread, both ends included.
        case spread(Duration, Duration)
    }

    package enum Compression: String, Sendable, Equatable, CaseIterable {
        case gzip
        /// Content-Encoding says gzip, and the body is not.
        case lying
    }

    package enum ChunkFault: String, Sendable, Equatable, CaseIterable {
        /// A size that is no number.
        case notHex
        case negative
        /// A size that fits in no machine word.
        case overflow
        /// A size smaller than what follows.
        case tooSmall
        /// No last chunk, then FIN.
        case noEnd
    }

    package enum LengthFault: Sendable, Equatable {
        /// So many more than come; then FIN.
        case more(Int)
        /// So many fewer than come: bytes follow that belong to no reply.
        case fewer(Int)
        /// None: the body ends with the connection.
        case none
    }

    package enum Endless: String, Sendable, Equatable, CaseIterable {
        /// Interim responses (103), one a millisecond.
        case informational
        /// Header fields, 256 bytes a millisecond.
        case headers
        /// Chunks of a body, 64 KiB a millisecond.
        case body
    }
}
