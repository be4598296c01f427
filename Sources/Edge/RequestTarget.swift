// What a request is for: the path of its target, byte for byte, and the host it names.

internal import Pipeline

/// A request target (RFC 9112, section 3.2), taken apart as far as routes need it.
struct RequestTarget {
    /// Without the query; nothing is decoded or normalised.
    let path: String
    /// The authority of an absolute-form target.
    private(set) var authority: String?

    init(_ target: String, method: Request.Method) throws(Failure) {
        if target.utf8.first == UInt8(ascii: "/") {
            path = try Self.checked(target)
        } else if target == "*" && method == .options || method == .other("CONNECT") && Host.isWellFormed(target) {
            path = target
        } else if let absolute = Self.absolute(target) {
            let path = try Self.checked(String(absolute.path))
            let authority = String(absolute.authority)
            guard Host.isWellFormed(authority) else { throw .malformed("the target's host is malformed") }
            self.authority = authority
            // "http://host?query" is "/" with a query.
            self.path = path.isEmpty ? "/" : path
        } else {
            throw .malformed("the target is neither a path nor an absolute URI")
        }
    }

    /// The path that `text` begins with, if a target may hold all of its bytes.
    private static func checked(_ text: String) throws(Failure) -> String {
        switch text.withBytes(look) {
        case .path: return text
        case .pathAndQuery(let length): return String(text.utf8.prefix(length)) ?? text
        case .fault(let fault): throw .malformed(fault)
        }
    }

    private enum Look {
        case path
        /// The path has so many bytes.
        case pathAndQuery(Int)
        case fault(String)
    }

    /// A path may hold what RFC 3986 (section 3.3) says and no other byte, and `%` begins two hexadecimal digits: so no
    /// back-slash, nothing beyond ASCII. A query, which nobody reads, may be any visible ASCII. A fragment is never sent.
    private static func look(at text: UnsafeBufferPointer<UInt8>) -> Look {
        var digitsDue = 0
        var query: Int?
        for (index, byte) in text.enumerated() {
            guard query != nil ? byte > 0x20 && byte < 0x7f && byte != UInt8(ascii: "#") : isAllowed(byte) else {
                return .fault("the target holds a byte it may not")
            }
            if digitsDue > 0 {
                guard Hex.isDigit(byte) else { return .fault(halfEscape) }
                digitsDue -= 1
            } else if query == nil, byte == UInt8(ascii: "%") {
                digitsDue = 2
            } else if query == nil, byte == UInt8(ascii: "?") {
                query = index
            }
        }
        guard digitsDue == 0 else { return .fault(halfEscape) }
        return query.map(Look.pathAndQuery) ?? .path
    }

    private static let halfEscape = "the target holds a percent sign without its digits"

    /// Letters, digits and `-._~!$&'()*+,;=:@/?%`, as bits: every byte of every path passes here.
    private static func isAllowed(_ byte: UInt8) -> Bool {
        guard byte < 128 else { return false }
        let bits: UInt64 = byte < 64 ? 0xafff_fff2_0000_0000 : 0x47ff_fffe_87ff_ffff
        return bits >> UInt64(byte & 63) & 1 == 1
    }

    private static func absolute(_ target: String) -> (authority: Substring, path: Substring)? {
        guard let colon = target.utf8.firstIndex(of: UInt8(ascii: ":")), target[colon...].hasPrefix("://") else {
            return nil
        }
        let scheme = String(target[..<colon])
        guard scheme.matches("http") || scheme.matches("https") else { return nil }
        let rest = target[colon...].dropFirst(3)
        let end = rest.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
        return (rest[..<end], rest[end...])
    }
}
