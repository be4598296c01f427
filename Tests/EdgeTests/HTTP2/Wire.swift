// HTTP/2's bytes as a client sends them, well-formed or not: nothing here checks anything.

@testable import Edge

enum Wire {
    typealias Fields = [(String, String)]

    static let endStream: UInt8 = 0x1
    static let endHeaders: UInt8 = 0x4
    static let padded: UInt8 = 0x8
    static let priority: UInt8 = 0x20
    static let ack: UInt8 = 0x1

    /// What every client begins with.
    static let hello = Preface.bytes + settings()

    static func frame(_ kind: UInt8, flags: UInt8 = 0, stream: Int32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        let length = payload.count
        return [UInt8(length >> 16), UInt8(length >> 8 & 255), UInt8(length & 255), kind, flags]
            + number(UInt32(bitPattern: stream)) + payload
    }

    static func data(_ stream: Int32, flags: UInt8 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        frame(0, flags: flags, stream: stream, payload)
    }

    static func headers(_ stream: Int32, _ fields: Fields, flags: UInt8 = endStream | endHeaders) -> [UInt8] {
        frame(1, flags: flags, stream: stream, block(fields))
    }

    static func priority(_ stream: Int32, on parent: Int32 = 0) -> [UInt8] {
        frame(2, stream: stream, number(UInt32(bitPattern: parent)) + [15])
    }

    static func reset(_ stream: Int32, _ code: UInt32 = 8) -> [UInt8] {
        frame(3, stream: stream, number(code))
    }

    static func settings(flags: UInt8 = 0, _ values: [(UInt16, UInt32)] = []) -> [UInt8] {
        frame(4, flags: flags, values.flatMap { [UInt8($0.0 >> 8), UInt8($0.0 & 255)] + number($0.1) })
    }

    static func ping(flags: UInt8 = 0, _ mark: UInt8 = 0) -> [UInt8] {
        frame(6, flags: flags, Array(repeating: mark, count: 8))
    }

    static func goAway(_ code: UInt32 = 0, last: UInt32 = 0) -> [UInt8] {
        frame(7, number(last) + number(code))
    }

    static func windowUpdate(_ stream: Int32, _ increment: UInt32) -> [UInt8] {
        frame(8, stream: stream, number(increment))
    }

    static func continuation(_ stream: Int32, _ payload: [UInt8], isLast: Bool = true) -> [UInt8] {
        frame(9, flags: isLast ? endHeaders : 0, stream: stream, payload)
    }

    /// A request's fields.
    static func get(_ path: String = "/", _ more: Fields = []) -> Fields {
        [(":method", "GET"), (":scheme", "http"), (":authority", "gateway"), (":path", path)] + more
    }

    static func post(_ path: String = "/", _ more: Fields = []) -> Fields {
        [(":method", "POST"), (":scheme", "http"), (":authority", "gateway"), (":path", path)] + more
    }

    /// A header section: each field a literal that no table keeps (RFC 7541, section 6.2.2).
    static func block(_ fields: Fields) -> [UInt8] {
        fields.flatMap { name, value in [0] + text(name) + text(value) }
    }

    private static func text(_ text: String) -> [UInt8] {
        let bytes = text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
        guard bytes.count >= 127 else { return [UInt8(bytes.count)] + bytes }
        var length: [UInt8] = [127]
        var rest = bytes.count - 127
        while rest >= 128 {
            length.append(UInt8(rest & 127 | 128))
            rest >>= 7
        }
        return length + [UInt8(rest)] + bytes
    }

    static func number(_ number: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(number >> $0 & 255) }
    }
}
