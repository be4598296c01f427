// Writing JSON bytes. The commas are right by themselves: what needs one can see from the byte before it.

/// A growing text. What is appended as JSON must be valid JSON; then, with brackets closed, so is the whole.
package struct JSONOutput: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    package var isEmpty: Bool { bytes.isEmpty }

    package mutating func beginObject() { append(UInt8(ascii: "{")) }
    package mutating func endObject() { append(UInt8(ascii: "}")) }
    package mutating func beginArray() { append(UInt8(ascii: "[")) }
    package mutating func endArray() { append(UInt8(ascii: "]")) }

    /// A comma, if this is not the first member or item: outside of strings, only an opening bracket ends in one.
    package mutating func separate() {
        guard let last = bytes.last, last != UInt8(ascii: "{"), last != UInt8(ascii: "[") else { return }
        bytes.append(UInt8(ascii: ","))
    }

    /// What `"name":` is as bytes: a name is escaped once, and then written often.
    package static func prefix(_ name: String) -> [UInt8] {
        var output = JSONOutput()
        output.string(name)
        output.append(UInt8(ascii: ":"))
        return output.bytes
    }

    /// A member's name; its value comes next.
    package mutating func name(_ name: String) {
        separate()
        string(name)
        append(UInt8(ascii: ":"))
    }

    /// A member's name as made by `prefix`; its value comes next.
    package mutating func name(prefix: UnsafeBufferPointer<UInt8>) {
        separate()
        raw(prefix)
    }

    /// Bytes of a valid value, or members without their braces.
    package mutating func raw(_ json: UnsafeBufferPointer<UInt8>) { bytes.append(contentsOf: json) }

    /// Bytes of a valid value, or members without their braces.
    package mutating func raw(_ json: [UInt8]) { bytes.append(contentsOf: json) }

    /// Members without their braces, maybe none, as further members of the object that is being written.
    package mutating func members(_ json: [UInt8]) {
        guard !json.isEmpty else { return }
        separate()
        raw(json)
    }

    package mutating func null() { bytes.append(contentsOf: "null".utf8) }

    /// A string in quotes. Escaped is only what RFC 8259 section 7 says must be; all else stays as UTF-8.
    package mutating func string(_ text: String) {
        append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                append(UInt8(ascii: "\\"))
                append(byte)
            case 8: bytes.append(contentsOf: "\\b".utf8)
            case 9: bytes.append(contentsOf: "\\t".utf8)
            case 10: bytes.append(contentsOf: "\\n".utf8)
            case 12: bytes.append(contentsOf: "\\f".utf8)
            case 13: bytes.append(contentsOf: "\\r".utf8)
            case 0..<0x20:
                bytes.append(contentsOf: "\\u00".utf8)
                append(digit(byte >> 4))
                append(digit(byte & 15))
            default: append(byte)
            }
        }
        append(UInt8(ascii: "\""))
    }

    package mutating func append(_ byte: UInt8) { bytes.append(byte) }

    /// Takes back what was written behind the first `count` bytes.
    package mutating func cut(to count: Int) { bytes.removeLast(max(0, bytes.count - count)) }
}

private func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
}
