// Field names and values compared as bytes: no lowered copies on the way of every request.

extension String {
    /// Whether this is `lower` but for the case of ASCII letters. `lower` holds lower-case letters, digits and `-`.
    func matches(_ lower: StaticString) -> Bool {
        utf8.count == lower.utf8CodeUnitCount && utf8.elementsEqual(lower.bytes, by: Self.sameLetter)
    }

    /// Without spaces and tabs around it: optional white space is no part of a value (RFC 9110, section 5.5).
    var trimmed: String {
        guard let first = utf8.first, let last = utf8.last, Self.isSpace(first) || Self.isSpace(last) else {
            return self
        }
        let start = utf8.drop(while: Self.isSpace)
        guard let end = start.lastIndex(where: { !Self.isSpace($0) }) else { return "" }
        return String(decoding: start[...end], as: UTF8.self)
    }

    private static func sameLetter(_ byte: UInt8, _ lower: UInt8) -> Bool {
        byte == lower || (byte | 0x20 == lower && lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z"))
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }
}

extension StaticString {
    fileprivate var bytes: UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
    }
}
