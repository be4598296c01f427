// Paths with places to fill: `/conversations/{id}`, `/contacts/{conversation.contactId}`.

extension PathTemplate {
    /// Reads a template. What is thrown never repeats it.
    init(_ text: String) throws(Complaint) {
        guard text.hasPrefix("/") else {
            let isClose = !text.isEmpty && !text.contains("://")
            throw Complaint(reason: "must begin with a slash", suggestion: isClose ? "`/\(text)`" : nil)
        }
        var segments: [Segment] = []
        for segment in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            segments.append(try Self.segment(segment))
        }
        // An empty last segment is a slash at the end, which some servers insist on.
        guard !segments.dropLast().contains(.literal("")) else {
            throw Complaint(reason: "has two slashes in a row")
        }
        self.init(segments: segments)
    }

    private static func segment(_ text: Substring) throws(Complaint) -> Segment {
        guard text.contains("{") || text.contains("}") else {
            guard text != ".", text != ".." else { throw Complaint(reason: "has a segment `.` or `..`") }
            guard isLiteral(text) else {
                throw Complaint(
                    reason: "holds a byte that no path may (RFC 3986 section 3.3); a query is not part of it")
            }
            return .literal(String(text))
        }
        guard text.hasPrefix("{"), text.hasSuffix("}"), text.dropFirst().dropLast().allSatisfy({ !"{}".contains($0) })
        else { throw Complaint(reason: "has a place that does not fill a whole segment, like /{id}/") }

        let names = text.dropFirst().dropLast().split(separator: ".", omittingEmptySubsequences: false)
        guard names[0].isName, (1...2).contains(names.count), names.dropFirst().allSatisfy(\.isWord) else {
            throw Complaint(reason: "has a place that is neither {parameter} nor {part.member}")
        }
        return names.count == 1
            ? .parameter(String(names[0])) : .member(part: String(names[0]), name: String(names[1]))
    }

    /// `pchar`s, percent-encoded bytes complete.
    private static func isLiteral(_ text: Substring) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.indices.allSatisfy { place in
            let byte = bytes[place]
            if byte == UInt8(ascii: "%") {
                return place + 2 < bytes.count && isHex(bytes[place + 1]) && isHex(bytes[place + 2])
            }
            return Letters.isAlphanumeric(byte) || "-._~!$&'()*+,;=:@".utf8.contains(byte)
        }
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        Letters.isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
    }
}

extension PathTemplate: CustomStringConvertible {
    /// As it is written in the file.
    package var description: String {
        segments.map { segment in
            switch segment {
            case .literal(let text): "/" + text
            case .parameter(let name): "/{\(name)}"
            case .member(let part, let name): "/{\(part).\(name)}"
            }
        }.joined()
    }

    /// The parameters it takes, in order.
    var parameters: [String] {
        segments.compactMap { if case .parameter(let name) = $0 { name } else { nil } }
    }

    /// The members of other parts it takes, in order.
    var members: [(part: String, name: String)] {
        segments.compactMap { if case .member(let part, let name) = $0 { (part, name) } else { nil } }
    }
}

extension Kind where Value == PathTemplate {
    static var template: Kind {
        Kind(
            expectation: "a path like /contacts/{conversation.contactId}",
            schema: [("type", "string"), ("pattern", "^/")]
        ) { (text) throws(Complaint) in
            try PathTemplate(text)
        } write: {
            .text($0.description)
        }
    }
}

extension Kind where Value == String {
    /// A path without places.
    static var path: Kind {
        Kind(expectation: "a path like /healthz", schema: [("type", "string"), ("pattern", "^/[^{}]*$")]) {
            (text) throws(Complaint) in
            let template = try PathTemplate(text)
            guard template.parameters.isEmpty, template.members.isEmpty else {
                throw Complaint(reason: "must not have places to fill")
            }
            return text
        } write: {
            .text($0)
        }
    }
}
