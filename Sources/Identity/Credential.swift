// What a client presents: the field `Authorization` (RFC 9110 section 11.4, RFC 6750 section 2.1).

internal import Pipeline

/// A bearer token, unverified.
enum Credential: Equatable {
    case apiKey(Substring)
    /// Anything else: a JWT, if it is one.
    case token(Substring)

    /// Bytes of the whole field value that are looked at.
    static let longest = 8 * 1024

    /// - Parameter field: the value, as sent.
    /// - Throws: `unauthenticated`, if it is not one scheme `Bearer` (in any case) with one token.
    init(authorization field: String) throws(Failure) {
        guard field.utf8.count <= Self.longest else {
            throw .unauthenticated("the field Authorization has more than \(Self.longest) bytes")
        }
        let bytes = field.utf8
        let space = bytes.firstIndex(of: UInt8(ascii: " ")) ?? bytes.endIndex
        guard Self.isBearer(bytes[..<space]) else {
            throw .unauthenticated("the field Authorization is not of the scheme Bearer")
        }
        guard let start = bytes[space...].firstIndex(where: { $0 != UInt8(ascii: " ") }) else {
            throw .unauthenticated("the field Authorization holds no token")
        }
        guard Self.isToken(bytes[start...]) else {
            throw .unauthenticated("the field Authorization holds something other than one token")
        }
        let token = field[start...]
        self = token.utf8.starts(with: KeyFormat.beginning.utf8) ? .apiKey(token) : .token(token)
    }

    private static func isBearer(_ scheme: Substring.UTF8View) -> Bool {
        // Setting this bit makes a letter lower-case; none of the six bytes it could make out of others is in "bearer".
        scheme.count == 6 && scheme.elementsEqual("bearer".utf8) { $0 | 0x20 == $1 && $0 >= 0x40 }
    }

    /// b64token: letters, digits and `-._~+/`, then any number of `=`.
    private static func isToken(_ token: Substring.UTF8View) -> Bool {
        // Of a field that came from a socket, the bytes lie side by side.
        token.withContiguousStorageIfAvailable(isToken) ?? Array(token).withUnsafeBufferPointer(isToken)
    }

    private static func isToken(_ token: UnsafeBufferPointer<UInt8>) -> Bool {
        var padded = false
        for byte in token {
            switch byte {
            case UInt8(ascii: "="): padded = true
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                if padded { return false }
            default: return false
            }
        }
        return token.first != UInt8(ascii: "=")
    }
}
