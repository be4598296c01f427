// HTTP/1.1 replies as bytes. Nothing is checked on the way out: being wrong in a chosen way is what the stub is for.

import NIOCore
import NIOHTTP1

/// Status lines, header sections and the bodies of plain replies.
enum HTTPText {
    /// A reply with a right Content-Length.
    static func reply(_ status: Int, fields: [StubUpstreams.Field] = [], body: ByteBuffer) -> ByteBuffer {
        let framing = StubUpstreams.Field("Content-Length", String(body.readableBytes))
        let type = StubUpstreams.Field("Content-Type", "application/json")
        var reply = head(status, [type, framing] + fields)
        reply.writeImmutableBuffer(body)
        return reply
    }

    /// The status line and the header section, with the empty line that ends it.
    static func head(_ status: Int, _ fields: [StubUpstreams.Field]) -> ByteBuffer {
        var head = openHead(status, fields)
        head.writeStaticString("\r\n")
        return head
    }

    /// The same without the empty line: more fields can follow.
    static func openHead(_ status: Int, _ fields: [StubUpstreams.Field]) -> ByteBuffer {
        var head = ByteBuffer()
        head.writeString("HTTP/1.1 \(status) \(HTTPResponseStatus(statusCode: status).reasonPhrase)\r\n")
        for field in fields { head.writeString("\(field.name): \(field.value)\r\n") }
        return head
    }

    /// An error as a careless service words it, with things in it that must go no further.
    static func errorBody(_ status: Int) -> JSONValue {
        [
            "error": .string(HTTPResponseStatus(statusCode: status).reasonPhrase),
            "trace": .string(Fixtures.leak),
        ]
    }
}
