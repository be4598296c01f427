// Where a chunked body ends, and whether its framing is what RFC 9112 section 7.1 says to the letter, found on the raw bytes
// before they are decoded: a body that two readers could end at different places is how requests are smuggled.

internal import Configuration
internal import Pipeline

/// Looks at a chunked body's bytes, each byte once, however they are split. What it took is not shown to it again.
///
/// It allows no white space around a size or in an extension, at most sixteen digits, CRLF alone as line end, and of
/// extensions, which nobody reads, 1 KiB in all of a body. Trailers are held to what is asked of fields in a head.
struct ChunkScan {
    enum Finding {
        /// So many bytes are part of the body; the rest cannot be judged yet, or there is none.
        case more(Int)
        /// The body ends with the first so many bytes.
        case complete(Int)
        case refused(Failure)
    }

    private enum State {
        /// A line with a size; so many digits are read, of this value.
        case size(digits: Int, UInt64)
        /// Behind a size's `;`, with what may come next.
        case `extension`(UInt64, Extension)
        /// Behind the CR of a line with a size.
        case sizeEnd(UInt64)
        /// So many bytes of data are to come.
        case data(UInt64)
        /// Behind the data: CR, then LF.
        case dataReturn
        case dataFeed
        /// Behind the last chunk.
        case trailers
    }

    /// Where in `;name=value` a byte stands.
    private enum Extension { case nameStart, name, valueStart, value, quoted, escaped, quotedEnd }

    private let limits: LimitSettings
    private var state = State.size(digits: 0, 0)
    private var trailers: HeadScan
    /// Bytes of data announced, of extensions, and of what frames the chunks besides.
    private var content: UInt64 = 0
    private var extensions = 0
    private var framing = 0

    /// More is no use to anybody: nothing defines an extension.
    private static let mostExtensions = 1024

    init(_ limits: LimitSettings) {
        self.limits = limits
        trailers = HeadScan(trailersWithin: limits)
    }

    /// Goes on where it stopped. `bytes` are those that were not taken before.
    mutating func look(at bytes: UnsafeRawBufferPointer) -> Finding {
        var position = 0
        while position < bytes.count {
            switch state {
            case .data(let left):
                let part = min(left, UInt64(bytes.count - position))
                position += Int(part)
                state = part == left ? .dataReturn : .data(left - part)
            case .trailers:
                return look(at: bytes, trailersFrom: position)
            default:
                if let failure = take(bytes[position]) { return .refused(failure) }
                position += 1
            }
        }
        return .more(position)
    }

    private mutating func look(at bytes: UnsafeRawBufferPointer, trailersFrom start: Int) -> Finding {
        switch trailers.look(at: UnsafeRawBufferPointer(rebasing: bytes[start...])) {
        case .complete(let length): return .complete(start + length)
        case .refused(let failure):
            return .refused(failure.kind == .headersTooLarge ? .malformed("the trailers are too long") : failure)
        // They stay where they are until all of them are there: so they are looked at as lines.
        case .incomplete, .blank: return .more(start)
        }
    }

    /// One byte outside of data and trailers.
    private mutating func take(_ byte: UInt8) -> Failure? {
        if case .extension = state {} else { framing += 1 }
        // What frames the chunks may be as long as fields may be.
        guard framing <= limits.headers else {
            return .tooMuch(.bodyTooLarge, "what frames the chunks", limit: limits.headers)
        }
        switch state {
        case .size(let digits, let size): return takeSize(byte, digits, size)
        case .extension(let size, let place): return takeExtension(byte, size, place)
        case .sizeEnd(let size):
            guard byte == Self.feed else { return .malformed("a chunk's line does not end with CRLF") }
            state = size == 0 ? .trailers : .data(size)
        case .dataReturn:
            guard byte == Self.return else { return .malformed("a chunk is longer than it says") }
            state = .dataFeed
        case .dataFeed:
            guard byte == Self.feed else { return .malformed("a chunk does not end with CRLF") }
            state = .size(digits: 0, 0)
        case .data, .trailers:
            break
        }
        return nil
    }

    private mutating func takeSize(_ byte: UInt8, _ digits: Int, _ size: UInt64) -> Failure? {
        if Hex.isDigit(byte) {
            guard digits < 16 else { return .malformed("a chunk's size has too many digits") }
            state = .size(digits: digits + 1, size << 4 | UInt64(Hex.value(of: byte)))
            return nil
        }
        guard digits > 0, byte == Self.return || byte == UInt8(ascii: ";") else {
            return .malformed("a chunk's size is malformed")
        }
        let (sum, isTooLarge) = content.addingReportingOverflow(size)
        guard !isTooLarge, sum <= UInt64(limits.body) else {
            return .tooMuch(.bodyTooLarge, "the body", limit: limits.body)
        }
        content = sum
        state = byte == Self.return ? .sizeEnd(size) : .extension(size, .nameStart)
        return nil
    }

    /// `;token`, `;token=token` or `;token="quoted"` (RFC 9112, section 7.1.1).
    private mutating func takeExtension(_ byte: UInt8, _ size: UInt64, _ place: Extension) -> Failure? {
        extensions += 1
        guard extensions <= Self.mostExtensions else { return .malformed("the extensions of chunks are too long") }
        let isToken = RequestLine.isTokenByte(byte)
        switch (place, byte) {
        case (.name, Self.return), (.value, Self.return), (.quotedEnd, Self.return): state = .sizeEnd(size)
        case (.name, UInt8(ascii: ";")), (.value, UInt8(ascii: ";")), (.quotedEnd, UInt8(ascii: ";")):
            state = .extension(size, .nameStart)
        case (.nameStart, _) where isToken, (.name, _) where isToken: state = .extension(size, .name)
        case (.name, UInt8(ascii: "=")): state = .extension(size, .valueStart)
        case (.valueStart, UInt8(ascii: "\"")): state = .extension(size, .quoted)
        case (.valueStart, _) where isToken, (.value, _) where isToken: state = .extension(size, .value)
        case (.quoted, UInt8(ascii: "\"")): state = .extension(size, .quotedEnd)
        case (.quoted, UInt8(ascii: "\\")): state = .extension(size, .escaped)
        case (.quoted, 0x20...0x7e), (.escaped, 0x20...0x7e): state = .extension(size, .quoted)
        default: return .malformed("an extension of a chunk is malformed")
        }
        return nil
    }

    private static let feed = UInt8(ascii: "\n")
    private static let `return` = UInt8(ascii: "\r")
}
