// Who sent a request, by what is known of its connection or by what trusted proxies say.

internal import Configuration
internal import Pipeline

/// A client as the log names it and as upstreams are told.
struct Sender: Equatable {
    /// As text, without port.
    let address: String
    let scheme: Request.Scheme
    /// The host that a trusted proxy was asked for, if it says so.
    let host: String?
    /// The value of `Forwarded` (RFC 7239) for upstreams: `for=192.0.2.1;host=example.com;proto=https`.
    let forwarded: String

    /// - Parameters:
    ///   - address: an IPv4 or IPv6 address, or empty.
    ///   - host: well-formed (`Host.isWellFormed`).
    init(_ address: String, _ scheme: Request.Scheme, host: String? = nil) {
        self.address = address
        self.scheme = scheme
        self.host = host
        // An IPv6 address stands in brackets, and so in quotes (RFC 7239, sections 4 and 6).
        let node = address.isEmpty ? "unknown" : address.contains(":") ? "\"[\(address)]\"" : address
        let asked = host.map { $0.contains(":") ? ";host=\"\($0)\"" : ";host=\($0)" } ?? ""
        forwarded = "for=\(node)\(asked);proto=\(scheme.rawValue)"
    }
}

/// The networks whose word is taken for who sends a request.
struct TrustedProxies: Sendable {
    private let networks: [Network]

    init(_ networks: [Network] = []) {
        self.networks = networks
    }

    var isEmpty: Bool { networks.isEmpty }

    func contains(_ address: IPAddress) -> Bool { networks.contains { $0.contains(address) } }

    /// The sender of a request that came from one of these proxies.
    ///
    /// Each proxy adds whom it heard, so the list is read from its end for as long as what stands there is trusted: what
    /// stands before the first that is not could be anybody's invention. A name in the list that is no address ends the
    /// search too. Where `Forwarded` and `X-Forwarded-For` disagree one of them was passed on unread, and none is believed.
    ///
    /// - Parameter peer: the proxy that the connection is from.
    func sender(_ fields: ForwardingFields, from peer: Sender) -> Sender {
        let standard = fields.forwarded.map { sender(Hop.forwarded($0), from: peer) }
        let older = fields.forwardedFor.map {
            sender(Hop.xForwarded(for: $0, proto: fields.forwardedProto, host: fields.forwardedHost), from: peer)
        }
        if let standard, let older { return standard.address == older.address ? standard : peer }
        if let said = standard ?? older { return said }
        // A proxy that does not say for whom it asks may still say how they came, and where to.
        let scheme = fields.forwardedProto.flatMap { Hop.schemes($0).last ?? nil }
        let host = fields.forwardedHost.flatMap { Hop.hosts($0).last ?? nil }
        return scheme == nil && host == nil ? peer : Sender(peer.address, scheme ?? peer.scheme, host: host)
    }

    private func sender(_ hops: [Hop], from peer: Sender) -> Sender {
        var sender = peer
        for hop in hops.reversed() {
            guard let address = hop.address else { break }
            sender = Sender(address.description, hop.scheme ?? sender.scheme, host: hop.host ?? sender.host)
            guard contains(address) else { break }
        }
        return sender
    }
}
