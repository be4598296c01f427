// What went wrong, for machines: RFC 9209.

internal import Pipeline

/// One `Proxy-Status` member: this gateway, the error, and the upstream and part it arose on.
struct ProxyStatus {
    let text: String

    /// Nil for failures that say nothing about proxying: a missing credential, say.
    init?(_ failure: Failure, error: String?) {
        guard error != nil || failure.receivedStatus != nil else { return nil }
        if failure.kind == .recordNotFound { return nil }
        var text = "conversation-gateway"
        if let error { text += "; error=\(error)" }
        if let status = failure.receivedStatus { text += "; received-status=\(status)" }
        if case .upstream(let name, let part) = failure.origin {
            text += "; next-hop=\(Self.token(name))"
            text += "; details=\(Self.string(part.map { "\($0): \(failure.reason)" } ?? failure.reason))"
        } else if failure.origin == .downstream {
            text += "; details=\(Self.string(failure.reason))"
        }
        self.text = text
    }

    /// A name as a token where it is one (RFC 8941, section 3.3.4), else as a string.
    private static func token(_ name: String) -> String {
        let isToken =
            name.utf8.first.map { isLetter($0) } == true
            && name.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || "_-.".utf8.contains($0) }
        return isToken ? name : string(name)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    /// A string (RFC 8941, section 3.3.3): visible ASCII, with quotes and backslashes escaped.
    private static func string(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case " "..."~": quoted.unicodeScalars.append(scalar)
            default: quoted += "?"
            }
        }
        return quoted + "\""
    }
}
