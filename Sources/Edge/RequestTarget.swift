// What a request is for: the path of its target, byte for byte, and the host it names.

internal import Pipeline

/// A request target (RFC 9112, section 3.2), taken apart as far as routes need it.
struct RequestTarget {
    /// Without the query; nothing is decoded or normalised.
    let path: String
    /// The authority of an absolute-form target.
    private(set) var authority: String?

    init(_ target: String, method: Request.Method) throws(Failure) {
        guard target.utf8.allSatisfy(Self.isAllowed) else { throw .malformed("the target holds a byte it may not") }
        if target.utf8.first == UInt8(ascii: "/") {
            path = Self.withoutQuery(target)
        } else if target == "*" && method == .options || method == .other("CONNECT") {
            path = target
        } else if let absolute = Self.absolute(target) {
            authority = String(absolute.authority)
            path = absolute.path.isEmpty ? "/" : Self.withoutQuery(String(absolute.path))
        } else {
            throw .malformed("the target is neither a path nor an absolute URI")
        }
    }

    /// Visible ASCII without `#`: a fragment is never sent.
    private static func isAllowed(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7f && byte != UInt8(ascii: "#")
    }

    private static func withoutQuery(_ target: String) -> String {
        guard let question = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return target }
        return String(target[..<question])
    }

    private static func absolute(_ target: String) -> (authority: Substring, path: Substring)? {
        guard let colon = target.utf8.firstIndex(of: UInt8(ascii: ":")), target[colon...].hasPrefix("://") else {
            return nil
        }
        let scheme = String(target[..<colon])
        guard scheme.matches("http") || scheme.matches("https") else { return nil }
        let rest = target[colon...].dropFirst(3)
        let end = rest.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
        let tail = rest[end...]
        // "http://host?query" is "/" with a query.
        return (rest[..<end], tail.utf8.first == UInt8(ascii: "?") ? "" : tail)
    }
}

/// `Host` (RFC 9110, section 7.2).
enum Host {
    /// Checks that a request names one host, well-formed, and the same in target and field.
    static func check(_ host: String?, target: RequestTarget, transport: Request.Transport) throws(Failure) {
        guard let host else {
            if transport == .http1_0 { return }
            throw .malformed("there is no Host field")
        }
        guard !host.isEmpty, host.utf8.allSatisfy(isAllowed) else { throw .malformed("the Host field is malformed") }
        guard let authority = target.authority else { return }
        guard isSame(authority, host) else {
            throw .malformed("the target and the Host field name different hosts")
        }
    }

    /// Compares without case.
    static func isSame(_ host: String, _ other: String) -> Bool {
        host.utf8.elementsEqual(other.utf8) { lower($0) == lower($1) }
    }

    /// What a name, an address and a port are made of (RFC 3986, section 3.2.2), without user information.
    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
            UInt8(ascii: "~"), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "%"):
            true
        default: false
        }
    }

    private static func lower(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
