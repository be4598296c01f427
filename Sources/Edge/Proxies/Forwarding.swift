// What proxies say of those before them: `Forwarded` (RFC 7239), and the fields that were there before it had a standard.

internal import Configuration
internal import Pipeline

/// The fields as sent, those of a name joined to one list. Only kept where the peer is trusted.
struct ForwardingFields {
    var forwarded: String?
    var forwardedFor: String?
    var forwardedProto: String?
    var forwardedHost: String?

    /// Takes one field, if it is one of these.
    mutating func take(_ meaning: RequestFields.Meaning, _ value: String) {
        switch meaning {
        case .forwarded: RequestFields.add(value, to: &forwarded)
        case .forwardedFor: RequestFields.add(value, to: &forwardedFor)
        case .forwardedProto: RequestFields.add(value, to: &forwardedProto)
        case .forwardedHost: RequestFields.add(value, to: &forwardedHost)
        default: break
        }
    }
}

/// One step of a request's way, as the proxy after it saw it.
struct Hop: Equatable {
    /// Nil where the proxy hides it, or says nothing that is an address.
    var address: IPAddress?
    /// Nil where it is not said.
    var scheme: Request.Scheme?
    /// The host that was asked for. Nil where it is not said, or is none.
    var host: String?

    /// The steps in `Forwarded`, the farthest first.
    static func forwarded(_ value: String) -> [Hop] {
        var reader = ForwardedReader(Array(value.utf8))
        return reader.elements()
    }

    /// The steps in `X-Forwarded-For`, with the schemes in `X-Forwarded-Proto` and the hosts in `X-Forwarded-Host`: one for
    /// each step, or else the last is what the nearest proxy saw, and is taken for all.
    static func xForwarded(for addresses: String, proto: String?, host: String?) -> [Hop] {
        let steps = list(addresses)
        let schemes = proto.map(schemes) ?? []
        let hosts = host.map(hosts) ?? []
        return steps.enumerated().map { place, text in
            Hop(
                address: address(text),
                scheme: schemes.count == steps.count ? schemes[place] : schemes.last ?? nil,
                host: hosts.count == steps.count ? hosts[place] : hosts.last ?? nil)
        }
    }

    static func schemes(_ value: String) -> [Request.Scheme?] { list(value).map(scheme) }

    static func hosts(_ value: String) -> [String?] { list(value).map(Self.host) }

    static func host(_ text: String) -> String? { Host.isWellFormed(text) ? text : nil }

    static func scheme(_ text: String) -> Request.Scheme? {
        text.matches("https") ? .https : text.matches("http") ? .http : nil
    }

    /// The address in `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:80`.
    static func address(_ text: String) -> IPAddress? {
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            let port = text[end...].dropFirst()
            guard port.isEmpty || isPort(port) else { return nil }
            return IPAddress(String(text[..<end].dropFirst())).flatMap { $0.bits == 128 ? $0.plain : nil }
        }
        guard let colon = text.firstIndex(of: ":"), !text[colon...].dropFirst().contains(":") else {
            return IPAddress(text)?.plain
        }
        return isPort(text[colon...]) ? IPAddress(String(text[..<colon])) : nil
    }

    /// A colon and digits.
    private static func isPort(_ text: Substring) -> Bool {
        (2...6).contains(text.utf8.count) && text.hasPrefix(":")
            && text.utf8.dropFirst().allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func list(_ value: String) -> [String] {
        value.split(separator: ",", omittingEmptySubsequences: false).map { String($0).trimmed }
    }
}

/// Takes `Forwarded` apart (RFC 7239, section 4). An element that is malformed is a step of which nothing is known; where
/// a quote is not closed that is all the rest.
private struct ForwardedReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func elements() -> [Hop] {
        var hops: [Hop] = []
        while true {
            hops.append(element() ?? malformed())
            guard take(",") else { return hops }
        }
    }

    /// Up to a comma or the end. Nil: malformed; then the position is where that showed.
    private mutating func element() -> Hop? {
        var hop = Hop()
        var names: Set<String> = []
        while true {
            skipSpace()
            guard let name = token()?.lowercased(), take("="), names.insert(name).inserted,
                let value = take("\"") ? quoted() : token(allowing: ":[]")
            else { return nil }
            if name == "for" { hop.address = Hop.address(value) }
            if name == "proto" { hop.scheme = Hop.scheme(value) }
            if name == "host" { hop.host = Hop.host(value) }
            skipSpace()
            if take(";") { continue }
            return position == bytes.count || bytes[position] == UInt8(ascii: ",") ? hop : nil
        }
    }

    /// Skips to the next comma that is not within quotes.
    private mutating func malformed() -> Hop {
        while position < bytes.count, bytes[position] != UInt8(ascii: ",") {
            if take("\"") { _ = quoted() } else { position += 1 }
        }
        return Hop()
    }

    /// Behind an opening quote, to behind the closing one. Nil: there is none.
    private mutating func quoted() -> String? {
        var value: [UInt8] = []
        while position < bytes.count {
            if take("\"") { return String(decoding: value, as: UTF8.self) }
            if bytes[position] == UInt8(ascii: "\\"), position + 1 < bytes.count { position += 1 }
            value.append(bytes[position])
            position += 1
        }
        return nil
    }

    /// Some proxies leave the quotes away that an address with a colon needs, hence `allowing`.
    private mutating func token(allowing more: String = "") -> String? {
        let start = position
        while position < bytes.count, RequestLine.isTokenByte(bytes[position]) || more.utf8.contains(bytes[position]) {
            position += 1
        }
        return position > start ? String(decoding: bytes[start..<position], as: UTF8.self) : nil
    }

    private mutating func take(_ mark: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: mark) else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while take(" ") || take("\t") {}
    }
}
