// The host a request is for: named once, well-formed, and the same wherever it is named.

internal import Glibc
internal import Pipeline

/// `Host` (RFC 9110, section 7.2), or the authority of a target.
enum Host {
    /// Checks that a request names one host, well-formed, and the same in target and field.
    static func check(_ host: String?, target: RequestTarget, transport: Request.Transport) throws(Failure) {
        guard let host else {
            if transport == .http1_0 { return }
            throw .malformed("there is no Host field")
        }
        guard isWellFormed(host) else { throw .malformed("the Host field is malformed") }
        guard let authority = target.authority else { return }
        guard isSame(authority, host) else {
            throw .malformed("the target and the Host field name different hosts")
        }
    }

    /// Compares without case.
    static func isSame(_ host: String, _ other: String) -> Bool {
        host.utf8.elementsEqual(other.utf8) { lower($0) == lower($1) }
    }

    /// A name, an IPv4 address or an IPv6 address in brackets, with a port from 1 to 65535 or without (RFC 3986, section
    /// 3.2). No user information, and of what a name might hold only what names of hosts do.
    static func isWellFormed(_ text: String) -> Bool {
        let bytes = text.utf8
        guard bytes.first != UInt8(ascii: "[") else { return isAddressInBrackets(text) }
        let colon = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
        return colon > bytes.startIndex && bytes[..<colon].allSatisfy(isNameByte) && isPort(bytes[colon...])
    }

    private static func isAddressInBrackets(_ text: String) -> Bool {
        guard let end = text.utf8.firstIndex(of: UInt8(ascii: "]")) else { return false }
        let inside = text.utf8[..<end].dropFirst()
        // The function below reads to a NUL.
        guard !inside.contains(0) else { return false }
        let isAddress = withUnsafeTemporaryAllocation(byteCount: 16, alignment: 4) { address in
            inet_pton(AF_INET6, String(Substring(inside)), address.baseAddress) == 1
        }
        return isAddress && isPort(text.utf8[end...].dropFirst())
    }

    /// Nothing, or a colon and a number.
    private static func isPort(_ bytes: Substring.UTF8View) -> Bool {
        guard bytes.first == UInt8(ascii: ":") else { return bytes.isEmpty }
        let digits = bytes.dropFirst()
        guard (1...5).contains(digits.count), digits.allSatisfy(isDigit) else { return false }
        let number = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        return (1...65_535).contains(number)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."),
            UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: isDigit(byte)
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func lower(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
