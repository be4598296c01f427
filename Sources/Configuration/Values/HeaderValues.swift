// Header fields that an operator has sent to an upstream. libcurl sends them as they are, so this is where they are
// checked.

enum HeaderRules {
    /// Why a field of that name may not be configured; nil: it may.
    static func refusal(ofName name: String, butFor more: Set<String> = []) -> String? {
        guard !name.isEmpty, name.utf8.allSatisfy(Letters.isToken) else {
            return "is not a header's name (RFC 9110 section 5.6.2)"
        }
        if own.contains(name.lowercased()) || more.contains(name.lowercased()) {
            return "is sent by the gateway itself"
        }
        if perConnection.contains(name.lowercased()) { return "belongs to a connection, not to a call" }
        if conditional.contains(name.lowercased()) { return "would ask for something else than a whole record" }
        return nil
    }

    /// What says what is sent.
    static let ofBodies: Set = ["content-type", "content-encoding"]

    private static let own: Set = [
        "host", "accept", "accept-encoding", "user-agent", "x-tenant-id", "x-request-id", "x-request-deadline-ms",
        "traceparent", "tracestate", "forwarded", "x-gateway-hop",
    ]

    /// RFC 9110 section 7.6.1, and what frames a message.
    private static let perConnection: Set = [
        "connection", "content-length", "expect", "http2-settings", "keep-alive", "proxy-authenticate",
        "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    ]

    /// Answers to these are 304 or 206, which the gateway takes for a broken upstream.
    private static let conditional: Set = [
        "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "range",
    ]
}

extension Kind where Value == String {
    /// A field's value. No problem with one ever repeats it: most hold a credential.
    static var headerValue: Kind {
        Kind(expectation: "a header's value of 1 to 8192 bytes", schema: [("type", "string")]) {
            (text) throws(Complaint) in
            guard (1...8192).contains(text.utf8.count) else { throw .unexpected }
            guard !text.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7f }) else {
                throw Complaint(reason: "holds a line break or another control byte, which no header may")
            }
            guard text.utf8.first != 0x20, text.utf8.last != 0x20 else {
                throw Complaint(reason: "begins or ends with a space, which no header's value does")
            }
            return text
        } write: {
            .text($0)
        }
    }
}
