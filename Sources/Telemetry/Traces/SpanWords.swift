// What spans call the things of a request's record.

internal import Configuration
internal import Pipeline

/// Where an endpoint listens, as `server.address` and `server.port` say it.
struct UpstreamAddress: Sendable, Equatable {
    let host: String
    /// Nil: a Unix socket's path is all of it.
    let port: Int?

    init(_ endpoint: UpstreamSettings.Endpoint) {
        switch endpoint {
        case .unix(let path): (host, port) = (path, nil)
        case .url(let url):
            let authority = url.drop { $0 != "/" }.drop { $0 == "/" }
            let colon = authority.lastIndex(of: ":") ?? authority.endIndex
            let name = authority[..<colon]
            host = String(name.first == "[" ? name.dropFirst().dropLast() : name)
            port = Int(authority[colon...].dropFirst())
        }
    }
}

extension Request.Method {
    /// Nil: it is none that everybody knows, and no client may choose names of spans.
    var known: String? {
        switch self {
        case .get, .head, .options: name
        case .other(let name):
            ["POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT"].contains(name) ? name : nil
        }
    }
}

extension Request.Transport {
    /// `network.protocol.version`.
    var version: String {
        switch self {
        case .http1: "1.1"
        case .http1_0: "1.0"
        case .http2: "2"
        }
    }
}

extension RequestRecord.Attempt.Wire {
    /// What happened on the wire, with microseconds since the attempt was begun; 0: it did not.
    var moments: [(name: String, time: UInt32)] {
        [
            ("name resolved", resolved), ("connected", connected), ("TLS established", secured),
            ("request sent", ready), ("first byte received", firstByte),
        ]
    }
}

extension Comparable {
    func clamped(to range: ClosedRange<Self>) -> Self { min(max(self, range.lowerBound), range.upperBound) }
}
