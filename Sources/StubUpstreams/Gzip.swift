// Just enough of gzip (RFC 1952) to send a compressed reply to a client that did not ask for one: nothing becomes
// smaller, the blocks are stored ones.

import NIOCore

enum Gzip {
    /// A well-formed gzip member that holds these bytes.
    static func member(_ bytes: ByteBuffer) -> ByteBuffer {
        var member = ByteBuffer(bytes: [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])
        var rest = bytes
        repeat {
            // A stored block (RFC 1951, section 3.2.4) holds 65 535 bytes at most.
            var block = rest.readSlice(length: min(rest.readableBytes, 0xffff)) ?? ByteBuffer()
            let length = UInt16(truncatingIfNeeded: block.readableBytes)
            member.writeInteger(UInt8(rest.readableBytes == 0 ? 1 : 0))
            member.writeInteger(length, endianness: .little)
            member.writeInteger(~length, endianness: .little)
            member.writeBuffer(&block)
        } while rest.readableBytes > 0
        member.writeInteger(checksum(bytes), endianness: .little)
        member.writeInteger(UInt32(truncatingIfNeeded: bytes.readableBytes), endianness: .little)
        return member
    }

    /// CRC-32 (RFC 1952, section 8).
    private static func checksum(_ bytes: ByteBuffer) -> UInt32 {
        var checksum: UInt32 = 0xffff_ffff
        for byte in bytes.readableBytesView {
            checksum ^= UInt32(byte)
            for _ in 0..<8 { checksum = (checksum >> 1) ^ (checksum & 1 == 1 ? 0xedb8_8320 : 0) }
        }
        return ~checksum
    }
}
