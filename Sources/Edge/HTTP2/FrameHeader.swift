// The nine bytes before every frame (RFC 9113, section 4.1).

struct FrameHeader: Equatable {
    static let size = 9

    enum Kind: UInt8 {
        case data = 0x0
        case headers = 0x1
        case priority = 0x2
        case reset = 0x3
        case settings = 0x4
        case pushPromise = 0x5
        case ping = 0x6
        case goAway = 0x7
        case windowUpdate = 0x8
        case continuation = 0x9
    }

    static let endStream: UInt8 = 0x1
    static let endHeaders: UInt8 = 0x4
    static let padded: UInt8 = 0x8

    /// Bytes of payload behind the header.
    let length: Int
    /// Nil: a kind RFC 9113 does not know, which is ignored.
    let kind: Kind?
    let flags: UInt8
    let stream: Int32

    init(length: Int, kind: Kind?, flags: UInt8 = 0, stream: Int32) {
        self.length = length
        self.kind = kind
        self.flags = flags
        self.stream = stream
    }

    /// Reads nine bytes.
    init(_ bytes: some RandomAccessCollection<UInt8>) {
        precondition(bytes.count == Self.size, "A frame header is nine bytes.")
        func byte(_ offset: Int) -> UInt8 { bytes[bytes.index(bytes.startIndex, offsetBy: offset)] }
        length = Int(byte(0)) << 16 | Int(byte(1)) << 8 | Int(byte(2))
        kind = Kind(rawValue: byte(3))
        flags = byte(4)
        // The first bit means nothing.
        stream = Int32(byte(5) & 0x7f) << 24 | Int32(byte(6)) << 16 | Int32(byte(7)) << 8 | Int32(byte(8))
    }

    func has(_ flag: UInt8) -> Bool { flags & flag != 0 }
}
