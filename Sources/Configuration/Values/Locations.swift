// URLs: endpoints of upstreams, origins of web pages, key sets, collectors of traces.

/// An `http` or `https` URL, taken apart.
struct WebLocation {
    let isSecure: Bool
    let host: String
    let port: Int?
    /// What follows the authority: empty, or path, query and fragment.
    let rest: String

    /// Throws what is wrong with `text`, without repeating it: what is wrong may be a password.
    init(_ text: String) throws(Complaint) {
        guard let colon = text.firstRange(of: "://") else { throw .unexpected }
        let scheme = text[..<colon.lowerBound]
        guard scheme == "http" || scheme == "https" else {
            let meant = Nearest.to(String(scheme), among: ["http", "https"])
            throw Complaint(
                reason: "has another scheme than http or https",
                suggestion: (scheme.lowercased() == "http" ? "http" : meant).map { "`\($0)://…`" })
        }
        let after = text[colon.upperBound...]
        let authority = after.prefix { !"/?#".contains($0) }
        guard !authority.contains("@") else {
            throw Complaint(reason: "must not hold credentials in its address")
        }
        guard let (host, port) = Host.split(String(authority)) else {
            throw Complaint(reason: "has no valid host and port")
        }
        guard (1...65_535).contains(port ?? 80) else {
            throw Complaint(reason: "has a port that is not from 1 to 65535")
        }
        rest = String(after[authority.endIndex...])
        guard rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw Complaint(reason: "holds bytes that no URL may hold")
        }
        isSecure = scheme == "https"
        self.host = host
        self.port = port
    }

    /// Scheme, host and port, the port as written.
    var origin: String {
        let host = host.contains(":") ? "[\(host)]" : host
        return (isSecure ? "https://" : "http://") + host + (port.map { ":\($0)" } ?? "")
    }
}

extension Kind where Value == UpstreamSettings.Endpoint {
    /// Where an upstream listens. The port is always there once read.
    static var endpoint: Kind {
        Kind(
            expectation: "an endpoint like http://127.0.0.1:9101, https://crm.internal:8443 or unix:/run/crm.sock",
            schema: [("type", "string"), ("pattern", "^(https?://[^/?#@]+|unix:/.+)$")]
        ) { (text) throws(Complaint) in
            if text.hasPrefix("unix:") {
                return .unix(try Kind<String>.socket(text.dropFirst(5), like: "unix:/run/crm.sock"))
            }
            if !text.contains("://"), Host.split(text)?.port != nil { throw Complaint(suggestion: "`http://\(text)`") }
            let location = try WebLocation(text)
            guard location.rest.isEmpty else {
                throw Complaint(
                    reason: "must not have a path; the parts of routes name the paths",
                    suggestion: "`\(location.origin)`")
            }
            return .url(location.port == nil ? location.origin + (location.isSecure ? ":443" : ":80") : location.origin)
        } write: {
            .text($0.description)
        }
    }
}

extension UpstreamSettings.Endpoint: CustomStringConvertible {
    package var description: String {
        switch self {
        case .url(let url): url
        case .unix(let path): "unix:" + path
        }
    }
}

extension Kind where Value == String {
    /// The origin of a web page, compared byte for byte (RFC 6454 section 6.2).
    static var origin: Kind {
        Kind(
            expectation: "an origin like https://app.example.com",
            schema: [("type", "string"), ("pattern", "^https?://[^/?#@]+$")]
        ) { (text) throws(Complaint) in
            let location = try WebLocation(text)
            guard location.rest.isEmpty else {
                throw Complaint(reason: "must not have a path", suggestion: "`\(location.origin)`")
            }
            guard text == text.lowercased() else { throw Complaint(suggestion: "`\(text.lowercased())`") }
            return text
        } write: {
            .text($0)
        }
    }

    /// Any `http` or `https` URL.
    static var url: Kind {
        Kind(
            expectation: "a URL like http://collector:4318",
            schema: [("type", "string"), ("pattern", "^https?://[^@]+$")]
        ) { (text) throws(Complaint) in
            _ = try WebLocation(text)
            return text
        } write: {
            .text($0)
        }
    }

    /// A file, or a URL where its text is fetched.
    static func fileOrURL(in folder: String) -> Kind {
        let file = Kind.file(in: folder), url = Kind.url
        return Kind(expectation: "a file's path or a URL", schema: file.schema) { (text) throws(Complaint) in
            try text.contains("://") ? url.read(text) : file.read(text)
        } write: {
            .text($0)
        }
    }
}
