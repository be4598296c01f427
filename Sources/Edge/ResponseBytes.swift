// A response in the words of HTTP/1.1, as one run of bytes for one write.

internal import NIOCore
internal import Pipeline

/// What a connection adds to a response.
struct ResponseFraming {
    /// The body is left out, its length is told: an answer to HEAD.
    var omitsBody = false
    /// The body's length is not known yet: it ends with the connection (RFC 9112, section 6.3).
    var isOpen = false
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
        write(response.fields)
        writeBytes(date.line)
        // A 204 must not tell a length, a 304 need not: ours would be of a body it does not have (RFC 9110, section 8.6).
        let hasLength = response.status != 304 && response.status != 204 && !framing.isOpen
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

    /// Writes the fields in one go: each append to a buffer of its own was measured at a hundred times its bytes.
    private mutating func write(_ fields: [Response.Field]) {
        let size = fields.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }
        writeWithUnsafeMutableBytes(minimumWritableBytes: size) { bytes in
            var cursor = Cursor(bytes: bytes)
            for field in fields {
                cursor.append(field.name)
                cursor.append(UInt8(ascii: ":"), UInt8(ascii: " "))
                cursor.append(field.value)
                cursor.append(UInt8(ascii: "\r"), UInt8(ascii: "\n"))
            }
            return cursor.count
        }
    }
}

/// Where the next byte of the fields goes.
private struct Cursor {
    let bytes: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(bytes: UnsafeMutableRawBufferPointer) {
        self.bytes = bytes
    }

    mutating func append(_ text: String) {
        count += text.withBytes { [bytes, count] text in
            UnsafeMutableRawBufferPointer(rebasing: bytes[count...]).copyBytes(from: text)
            return text.count
        }
    }

    mutating func append(_ one: UInt8, _ other: UInt8) {
        bytes[count] = one
        bytes[count + 1] = other
        count += 2
    }
}
