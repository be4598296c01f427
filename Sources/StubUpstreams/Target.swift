// What a request asks for: a path in its segments, the record it names, and patterns that match paths.

/// A request target, taken apart once.
struct Target: Sendable {
    /// As sent, query included.
    let raw: String
    /// Without the query.
    let path: Substring
    /// Between the slashes, as sent.
    let segments: [Substring]

    init(_ raw: String) {
        self.raw = raw
        path = raw.prefix { $0 != "?" }
        segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map { $0 }
    }

    /// The second segment, decoded and in lower case: the id in `/contacts/{id}` and `/conversations/{id}/…`.
    var id: String? {
        segments.count < 2 ? nil : Self.decoded(segments[1])?.lowercased()
    }

    /// A segment without its percent-encoding (RFC 3986, section 2.1), or nil if that is malformed.
    static func decoded(_ segment: Substring) -> String? {
        guard segment.utf8.contains(UInt8(ascii: "%")) else { return String(segment) }
        var bytes: [UInt8] = []
        var rest = segment.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, digits.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
                let value = UInt8(Substring(digits), radix: 16)
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

/// Which paths a rule or a question is about.
///
/// `*` is any path; `/contacts/{id}` one with any second segment; a last `*`, as in `/conversations/*`, is one
/// segment or more. Everything else must be equal.
struct PathPattern: Sendable, Equatable {
    let text: String
    private let segments: [Substring]

    init(_ text: String) {
        self.text = text
        segments = text == "*" ? ["*"] : Target(text).segments
    }

    func matches(_ target: Target) -> Bool {
        if text == "*" { return true }
        let isOpenEnded = segments.last == "*"
        guard isOpenEnded ? target.segments.count >= segments.count : target.segments.count == segments.count else {
            return false
        }
        return zip(segments, target.segments).allSatisfy { own, other in
            own == other || own == "*" || own.hasPrefix("{") && own.hasSuffix("}") && !other.isEmpty
        }
    }

    func matches(path: String) -> Bool { text == "*" || text == path || matches(Target(path)) }
}
