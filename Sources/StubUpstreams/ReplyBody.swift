// The body of a reply and its framing: what a behaviour makes of a record, in the pieces that go onto the wire.

import NIOCore

/// A body before framing: bytes, then white space up to a size.
struct ReplyBody: Sendable {
    private static let pieceSize = 64 * 1024
    /// Shared by all that is padded, so a body of a gigabyte takes no memory.
    private static let spaces = ByteBuffer(repeating: UInt8(ascii: " "), count: pieceSize)

    var pieces: [ByteBuffer]
    var count: Int { pieces.reduce(0) { $0 + $1.readableBytes } }

    init(_ bytes: ByteBuffer, paddedTo size: Int = 0) {
        pieces = [bytes]
        var missing = size - bytes.readableBytes
        while missing > 0 {
            pieces.append(Self.spaces.getSlice(at: 0, length: min(missing, Self.pieceSize)) ?? ByteBuffer())
            missing -= Self.pieceSize
        }
    }

    /// As one gzip member.
    var compressed: ReplyBody {
        var bytes = ByteBuffer()
        for piece in pieces { bytes.writeImmutableBuffer(piece) }
        return ReplyBody(Gzip.member(bytes))
    }

    /// In chunks (RFC 9112, section 7.1): of 1000 bytes so that a small body has several, and the padding in its pieces.
    func chunks(_ fault: Action.ChunkFault?) -> [ByteBuffer] {
        var chunks: [ByteBuffer] = []
        for (index, piece) in pieces.enumerated() {
            var rest = piece
            while let data = rest.readSlice(length: min(index == 0 ? 1000 : Self.pieceSize, rest.readableBytes)),
                data.readableBytes > 0
            {
                // The first chunk is the wrong one.
                let size = Self.size(data.readableBytes, chunks.isEmpty ? fault : nil)
                chunks += [ByteBuffer(string: size + "\r\n"), data, ByteBuffer(string: "\r\n")]
            }
        }
        if fault != .noEnd { chunks.append(ByteBuffer(string: "0\r\n\r\n")) }
        return chunks
    }

    /// A chunk of white space.
    static let chunkOfSpaces: ByteBuffer = {
        var chunk = ByteBuffer(string: size(pieceSize, nil) + "\r\n")
        chunk.writeImmutableBuffer(spaces)
        chunk.writeString("\r\n")
        return chunk
    }()

    private static func size(_ count: Int, _ fault: Action.ChunkFault?) -> String {
        switch fault {
        case nil, .noEnd: String(count, radix: 16)
        case .notHex: "xyz"
        case .negative: "-" + String(count, radix: 16)
        case .overflow: "1" + String(repeating: "0", count: 16) + String(count, radix: 16)
        case .tooSmall: String(count / 2, radix: 16)
        }
    }
}

extension [ByteBuffer] {
    /// The first `count` bytes.
    func cut(after count: Int) -> [ByteBuffer] {
        var left = count
        var pieces: [ByteBuffer] = []
        for piece in self where left > 0 {
            pieces.append(piece.getSlice(at: piece.readerIndex, length: Swift.min(left, piece.readableBytes)) ?? piece)
            left -= piece.readableBytes
        }
        return pieces
    }
}
