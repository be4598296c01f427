// A token as it is written: three segments of base64url with points between them (RFC 7515 section 7.1). Taken apart, and
// nothing of it believed.

internal import JSON
internal import Pipeline

/// The segments of an unverified token.
struct TokenText {
    /// Bytes that are looked at. Real tokens have one or two thousand.
    static let longest = 8 * 1024

    let header: [UInt8]
    let claims: [UInt8]
    let signature: [UInt8]
    /// What the signature is of: the first two segments as they came, with their point.
    let signed: [UInt8]

    /// - Throws: `unauthenticated`, if it is anything else. An encrypted token has five segments.
    init(_ token: UnsafeBufferPointer<UInt8>) throws(Failure) {
        guard token.count <= Self.longest else {
            throw .unauthenticated("the token has more than \(Self.longest) bytes")
        }
        let segments = token.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard segments.count == 3 else { throw .unauthenticated("the token has not three segments") }
        guard let header = Base64.decode(segments[0], .url), let claims = Base64.decode(segments[1], .url),
            let signature = Base64.decode(segments[2], .url)
        else { throw .unauthenticated("a segment of the token is not base64url") }
        self.header = header
        self.claims = claims
        self.signature = signature
        signed = Array(token[..<segments[1].endIndex])
    }
}

/// The members of an object by their names, each of which may be there once: two readers could take a different one of two.
struct UniqueMembers {
    private var values: [String: JSONValue] = [:]

    /// Nil: it is no object, or has a name twice, however it is escaped.
    init?(_ value: JSONValue) {
        guard value.isObject else { return nil }
        for member in value.members {
            guard values.updateValue(member, forKey: member.memberName.decoded) == nil else { return nil }
        }
    }

    subscript(name: String) -> JSONValue? { values[name] }

    /// Calls `body` with the members of the object that `bytes` are.
    /// - Parameter what: completes "the token's …".
    /// - Throws: `unauthenticated`, if they are none, or what `body` throws.
    static func read<Result>(
        _ bytes: [UInt8], _ what: String, with parser: JSONParser,
        _ body: (UniqueMembers) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let text = ReplyBody(bytes)
        let document: JSONDocument
        do throws(JSONFault) {
            document = try parser.check(text.bytes, keeping: text)
        } catch {
            throw .unauthenticated("the token's \(what) \(error.reason)")
        }
        return try document.read { (value) throws(Failure) in
            guard let members = UniqueMembers(value) else {
                throw .unauthenticated("the token's \(what) is not an object that has each name once")
            }
            return try body(members)
        }
    }
}
