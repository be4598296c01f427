// Where a request's head ends, and whether it keeps the limits, found on the raw bytes before they are decoded: so the
// decoder never sees more than one request at a time, and never more of one than the limits allow.

internal import Configuration
internal import Glibc
internal import Pipeline

/// Looks at a head's bytes line by line, each byte once, however the bytes are split.
///
/// It refuses what is cheap to see on lines: an end other than CRLF, folding, and names that hold `_` (proxies and
/// CGI-like servers take those for `-`). The trailers of a chunked body are looked at in the same way.
struct HeadScan {
    enum Finding {
        /// All bytes are looked at; more are needed.
        case incomplete
        /// An empty line before the request line: that many bytes, to be ignored (RFC 9112, section 2.2).
        case blank(Int)
        /// The head is the first so many bytes, its empty line included.
        case complete(Int)
        case refused(Failure)
    }

    private let limits: LimitSettings
    /// Bytes looked at.
    private var position = 0
    private var lineStart = 0
    private var lines = 0
    /// Where the fields begin.
    private var fieldsStart = 0

    private let isTrailers: Bool

    init(_ limits: LimitSettings) {
        self.limits = limits
        isTrailers = false
    }

    /// For the fields behind a chunked body, the empty line at their end included.
    init(trailersWithin limits: LimitSettings) {
        self.limits = limits
        isTrailers = true
        // As if the request line were behind it.
        lines = 1
    }

    /// Goes on where it stopped. `bytes` are all bytes since the head's first.
    mutating func look(at bytes: UnsafeRawBufferPointer) -> Finding {
        guard let base = bytes.baseAddress else { return .incomplete }
        // Such as TLS bytes on a cleartext port, which may never hold a line's end.
        if position == 0, let first = bytes.first, !isFirst(first) {
            return .refused(.malformed("the first byte is not one of a method"))
        }
        while let found = memchr(base + position, Int32(Self.feed), bytes.count - position) {
            let end = UnsafeRawPointer(found) - base
            position = end + 1
            if isEnd(bytes, upTo: end) { return lines == 0 ? .blank(position) : .complete(position) }
            // Before anything else is said of the line, as it would be if the line came in pieces.
            if let failure = overlong(endingAt: end) { return .refused(failure) }
            guard end > lineStart, bytes[end - 1] == Self.return else {
                return .refused(.malformed("a line does not end with CRLF"))
            }
            let line = UnsafeRawBufferPointer(rebasing: bytes[lineStart..<end - 1])
            if let failure = lines == 0 ? wrong(requestLine: line) : wrong(field: line) { return .refused(failure) }
            lines += 1
            lineStart = position
            if lines == 1 { fieldsStart = position }
        }
        position = bytes.count
        // What may become the empty line at the end counts as little as that.
        guard position > lineStart, !isEnd(bytes, upTo: position) else { return .incomplete }
        return overlong(endingAt: position).map(Finding.refused) ?? .incomplete
    }

    /// Whether the line holds a CR and nothing else.
    private func isEnd(_ bytes: UnsafeRawBufferPointer, upTo end: Int) -> Bool {
        end == lineStart + 1 && bytes[lineStart] == Self.return
    }

    /// Whether a byte can be the first of a head, or of the empty line before it.
    private func isFirst(_ byte: UInt8) -> Bool { byte == Self.return || RequestLine.isTokenByte(byte) }

    /// What is wrong with the form of a request line: two spaces, not more, and a version we speak. The decoder is more
    /// liberal in both.
    private func wrong(requestLine line: UnsafeRawBufferPointer) -> Failure? {
        // The decoder would skip a CR.
        guard let first = line.first, RequestLine.isTokenByte(first) else {
            return .malformed("the first byte is not one of a method")
        }
        // " HTTP/1.1"
        let tail = line.count - 9
        guard tail > 2, let base = line.baseAddress, memcmp(base + tail, " HTTP/", 6) == 0,
            Self.isDigit(line[tail + 6]), line[tail + 7] == UInt8(ascii: "."), Self.isDigit(line[tail + 8])
        else { return .malformed("the request line does not end with a version") }
        guard line[tail + 6] == UInt8(ascii: "1"), line[tail + 8] <= UInt8(ascii: "1") else {
            return Failure(.versionNotSupported, .downstream, "the request's version is not HTTP/1.0 or HTTP/1.1")
        }
        guard let first = memchr(base, 0x20, line.count).map({ UnsafeRawPointer($0) - base }), first > 0,
            let second = memchr(base + first + 1, 0x20, line.count - first - 1).map({ UnsafeRawPointer($0) - base }),
            second == tail, second > first + 1
        else { return .malformed("the request line has not exactly two spaces") }
        return nil
    }

    /// Whether a line is too much whose LF is at `end`, or not before it.
    private func overlong(endingAt end: Int) -> Failure? {
        guard lines > 0 else {
            // The CR stands between.
            return end <= limits.requestLine + 1
                ? nil : .tooMuch(.targetTooLong, "the request line", limit: limits.requestLine)
        }
        guard end < fieldsStart + limits.headers else {
            return .tooMuch(.headersTooLarge, "the fields together", limit: limits.headers)
        }
        // The request line is one of the lines, the field that is being read is not.
        guard lines <= limits.headerCount else {
            return .tooMuch(.headersTooLarge, "the number of fields", limit: limits.headerCount, "fields")
        }
        return nil
    }

    /// What is wrong with a field's line, not counting what the decoder finds.
    private func wrong(field line: UnsafeRawBufferPointer) -> Failure? {
        guard let base = line.baseAddress, let first = line.first else { return nil }
        if first == UInt8(ascii: " ") || first == UInt8(ascii: "\t") {
            return .malformed("a field's value is folded over lines")
        }
        guard let colon = memchr(base, Int32(UInt8(ascii: ":")), line.count) else {
            return .malformed("a field has no colon")
        }
        if memchr(base, Int32(UInt8(ascii: "_")), UnsafeRawPointer(colon) - base) != nil {
            return .malformed("a field's name holds an underscore")
        }
        if isTrailers, Self.belongsInHead(line[..<(UnsafeRawPointer(colon) - base)]) {
            return .malformed("a trailer is one of the fields that frame or route a request")
        }
        return nil
    }

    /// Fields that must not come behind the body they frame (RFC 9110, section 6.5.1).
    private static func belongsInHead(_ name: Slice<UnsafeRawBufferPointer>) -> Bool {
        let name = String(decoding: name, as: UTF8.self)
        return name.matches("content-length") || name.matches("transfer-encoding") || name.matches("host")
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static let feed = UInt8(ascii: "\n")
    private static let `return` = UInt8(ascii: "\r")
}
