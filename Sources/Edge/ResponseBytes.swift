// A response in the words of HTTP/1.1, as one run of bytes for one write.

internal import NIOCore
internal import Pipeline

/// What a connection adds to a response.
struct ResponseFraming {
    /// The body is left out, its length is told: an answer to HEAD.
    var omitsBody = false
    var ending = Ending.keepAlive

    enum Ending {
        /// HTTP/1.1's default, which needs no word.
        case keepAlive
        /// HTTP/1.0 wants it said.
        case saidKeepAlive
        case close
    }
}

extension ByteBuffer {
    /// Writes head and body (RFC 9112, section 2.1).
    mutating func write(_ response: Response, framing: ResponseFraming, date: HTTPDate) {
        StatusLine.write(response.status, to: &self)
        for field in response.fields {
            writeString(field.name)
            writeStaticString(": ")
            writeString(field.value)
            writeStaticString("\r\n")
        }
        writeBytes(date.line)
        // A 204 must not tell a length, a 304 need not: ours would be of a body it does not have (RFC 9110, section 8.6).
        let hasLength = response.status != 304 && response.status != 204
        if hasLength {
            writeStaticString("Content-Length: ")
            writeDecimal(response.body.count)
            writeStaticString("\r\n")
        }
        switch framing.ending {
        case .keepAlive: writeStaticString("\r\n")
        case .saidKeepAlive: writeStaticString("Connection: keep-alive\r\n\r\n")
        case .close: writeStaticString("Connection: close\r\n\r\n")
        }
        if hasLength && !framing.omitsBody { writeBytes(response.body) }
    }
}
