// Where a request's body ends (RFC 9112, section 6). What two servers could read differently is refused: guessing here
// is how requests are smuggled.

internal import Pipeline

/// How many bytes follow a head.
enum BodyFraming: Equatable {
    case none
    /// That many, at least one.
    case length(Int)
    case chunked

    /// Judges the values of all `Content-Length` and `Transfer-Encoding` fields, as sent.
    init(
        contentLength: [String], transferEncoding: [String], transport: Request.Transport
    ) throws(Failure) {
        if let coding = transferEncoding.first {
            guard contentLength.isEmpty else {
                throw .malformed("both Content-Length and Transfer-Encoding are there")
            }
            guard transport != .http1_0 else { throw .malformed("an HTTP/1.0 request has a Transfer-Encoding") }
            guard transferEncoding.count == 1, coding.matches("chunked") else {
                try Self.checkCodings(transferEncoding)
                throw Failure(.notImplemented, .downstream, "the Transfer-Encoding is not chunked alone")
            }
            self = .chunked
        } else if let length = contentLength.first {
            guard contentLength.count == 1 else { throw .malformed("there are several Content-Length fields") }
            self = try .from(length)
        } else {
            self = .none
        }
    }

    /// Tells codings that we do not speak from a list that is none, or that frames nothing: in it `chunked` is last, and has
    /// no parameters (RFC 9112, section 7).
    private static func checkCodings(_ fields: [String]) throws(Failure) {
        let codings = fields.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }
        for (place, coding) in codings.enumerated() {
            let words = coding.split(separator: ";", omittingEmptySubsequences: false)
            let name = String(words[0]).trimmed
            let isChunked = name.matches("chunked")
            guard RequestLine.isToken(name.utf8), !isChunked || words.count == 1 && place == codings.count - 1 else {
                throw .malformed("the Transfer-Encoding is malformed")
            }
        }
    }

    private static func from(_ text: String) throws(Failure) -> BodyFraming {
        // 18 digits always fit; no sign, no list, no white space, no hexadecimal.
        guard (1...18).contains(text.utf8.count), text.utf8.allSatisfy(isDigit), let length = Int(text) else {
            throw .malformed("the Content-Length is malformed")
        }
        return length == 0 ? .none : .length(length)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
