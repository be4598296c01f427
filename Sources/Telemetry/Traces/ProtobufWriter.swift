// Protocol Buffers' wire format, as much of it as spans need: https://protobuf.dev/programming-guides/encoding/. Written by
// hand: what is sent is a dozen messages that never change, and the library with its generator would be the largest
// dependency of all.

/// Bytes of one message, to which fields are added one behind the other.
struct ProtobufWriter {
    private enum WireType: UInt64 {
        case varint = 0
        case fixed64 = 1
        case lengthDelimited = 2
        case fixed32 = 5
    }

    private(set) var bytes: [UInt8] = []

    mutating func reserve(_ count: Int) { bytes.reserveCapacity(count) }

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    mutating func add(_ field: Int, _ number: UInt64) {
        tag(field, .varint)
        varint(number)
    }

    mutating func add(_ field: Int, _ flag: Bool) { add(field, flag ? 1 : 0 as UInt64) }

    mutating func add(_ field: Int, fixed64 number: UInt64) {
        tag(field, .fixed64)
        for place in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * place))) }
    }

    mutating func add(_ field: Int, fixed32 number: UInt32) {
        tag(field, .fixed32)
        for place in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: number >> UInt32(8 * place))) }
    }

    mutating func add(_ field: Int, _ number: Double) { add(field, fixed64: number.bitPattern) }

    mutating func add(_ field: Int, _ text: String) {
        tag(field, .lengthDelimited)
        varint(UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    mutating func add(_ field: Int, _ raw: some Collection<UInt8>) {
        tag(field, .lengthDelimited)
        varint(UInt64(raw.count))
        bytes.append(contentsOf: raw)
    }

    /// Adds a message, which `write` fills.
    mutating func add(_ field: Int, message write: (inout ProtobufWriter) -> Void) {
        tag(field, .lengthDelimited)
        // Most are shorter than 128 bytes, and their length is one: the others are moved.
        let place = bytes.count
        bytes.append(0)
        write(&self)
        var length = UInt64(bytes.count - place - 1)
        guard length >= 0x80 else { return bytes[place] = UInt8(length) }
        bytes[place] = UInt8(length & 0x7f) | 0x80
        length >>= 7
        var rest: [UInt8] = []
        while length >= 0x80 {
            rest.append(UInt8(length & 0x7f) | 0x80)
            length >>= 7
        }
        rest.append(UInt8(length))
        bytes.insert(contentsOf: rest, at: place + 1)
    }

    /// Adds fields that were written before.
    mutating func add(written fields: [UInt8]) { bytes.append(contentsOf: fields) }

    private mutating func tag(_ field: Int, _ type: WireType) { varint(UInt64(field) << 3 | type.rawValue) }

    private mutating func varint(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

/// Fields of one message, read one after the other. What is malformed ends it.
struct ProtobufReader {
    enum Value: Equatable {
        case varint(UInt64)
        case bytes(ArraySlice<UInt8>)
        /// Fixed64 and fixed32, which nobody asked for.
        case other
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: some Sequence<UInt8>) { rest = Array(bytes)[...] }

    /// The next field; nil: there is none, or none that can be read.
    mutating func next() -> (field: UInt64, value: Value)? {
        guard let tag = varint() else { return nil }
        let value: Value?
        switch tag & 7 {
        case 0: value = varint().map(Value.varint)
        case 1: value = take(8).map { _ in .other }
        case 2: value = varint().flatMap { Int(exactly: $0) }.flatMap { take($0) }.map(Value.bytes)
        case 5: value = take(4).map { _ in .other }
        default: value = nil
        }
        return value.map { (tag >> 3, $0) }
    }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count <= rest.count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    private mutating func varint() -> UInt64? {
        var number: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = rest.popFirst() else { return nil }
            number |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return number }
        }
        return nil
    }
}
