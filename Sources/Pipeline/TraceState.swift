// The form of `tracestate`: what is not of it is dropped as a whole, as nobody could say what of it is still true.

/// W3C Trace Context, section 3.3.
enum TraceState {
    /// Longer ones need not be passed on (section 3.3.1.5), and every call would carry them.
    private static let longest = 512
    private static let mostMembers = 32

    /// Whether `text` is a list of members `key=value` that may be passed on: no more than 32, no key twice.
    static func isWellFormed(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count <= longest else { return false }
        var keys: Set<ArraySlice<UInt8>> = []
        for member in bytes.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            let member = trimmed(member)
            // Empty members are allowed, and mean nothing.
            if member.isEmpty { continue }
            guard let equals = member.firstIndex(of: UInt8(ascii: "=")) else { return false }
            let key = member[..<equals], value = member[(equals + 1)...]
            guard isKey(key), isValue(value), keys.insert(key).inserted else { return false }
        }
        return keys.count <= mostMembers
    }

    private static func trimmed(_ member: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        var member = member.drop(while: isSpace)
        while let last = member.last, isSpace(last) { member.removeLast() }
        return member
    }

    /// Section 3.3.1.3.1: a letter or digit, then at most 255 of a few more, of which `@` may be one.
    private static func isKey(_ key: ArraySlice<UInt8>) -> Bool {
        guard let first = key.first, key.count <= 256, isLetterOrDigit(first) else { return false }
        return key.allSatisfy { isLetterOrDigit($0) || "_-*/@".utf8.contains($0) }
            && key.count { $0 == UInt8(ascii: "@") } <= 1
    }

    /// Section 3.3.1.3.2: visible ASCII and spaces, not at the end, without `,` and `=`.
    private static func isValue(_ value: ArraySlice<UInt8>) -> Bool {
        guard let last = value.last, last != 0x20, value.count <= 256 else { return false }
        return value.allSatisfy { $0 >= 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "=") }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
