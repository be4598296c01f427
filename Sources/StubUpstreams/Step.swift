// What a connection does for a call, in order. A reply is planned as steps, without I/O, and then carried out.

import NIOCore

/// One step of a reply.
enum Step: Sendable {
    case send(ByteBuffer)
    /// In pieces of so many bytes, with a pause between them.
    case drip(ByteBuffer, bytes: Int, every: Duration)
    case pause(Duration)
    case hold(Gate)
    /// The reply is complete.
    case answered
    /// The same again and again, until the client leaves.
    case repeated(ByteBuffer, every: Duration)
    /// Nothing more, until the client leaves.
    case hang
    /// FIN.
    case close
    /// RST.
    case reset
}

extension [Step] {
    /// Small pieces that follow each other become one, and so one segment on the wire.
    mutating func send(_ bytes: ByteBuffer) {
        if bytes.readableBytes == 0 { return }
        if case .send(var last)? = self.last, last.readableBytes + bytes.readableBytes <= 64 * 1024 {
            removeLast()
            last.writeImmutableBuffer(bytes)
            append(.send(last))
        } else {
            append(.send(bytes))
        }
    }
}
