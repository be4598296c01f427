// Who is at the other end of a connection, and by what way it came: found out once a connection, not with each request.

internal import Configuration
internal import NIOCore
internal import Pipeline

/// Made when a channel is accepted, corrected by the PROXY protocol, read when bytes become a request. Used on the
/// channel's loop only.
final class Peer {
    /// The client's address as text, without port. An IPv4 client of a socket for both families is named as on one of
    /// its own.
    var address: String {
        didSet { judge() }
    }
    /// What the connection is to a client, by itself: `https` if it is TLS.
    let scheme: Request.Scheme
    /// The peer as the sender of a request that says nothing else.
    private(set) var sender: Sender
    /// Whether it is a proxy whose word is taken for who sends a request.
    private(set) var isTrusted = false
    private let trusted: TrustedProxies
    /// The way it came; nil: one that stays open.
    let entrance: Entrance?

    init(_ channel: any Channel, scheme: Request.Scheme, trusted: TrustedProxies, through entrance: Entrance? = nil) {
        self.entrance = entrance
        let text = channel.remoteAddress?.ipAddress ?? ""
        address = text.hasPrefix("::ffff:") ? IPAddress(text)?.plain.description ?? text : text
        self.scheme = scheme
        self.trusted = trusted
        sender = Sender(address, scheme)
        judge()
    }

    /// Whether the way it came is no more: then its connection is to end like those of a gateway that leaves.
    var isLeaving: Bool { entrance?.isClosed ?? false }

    /// The sender of a request with these fields.
    func sender(of fields: RequestFields) -> Sender {
        isTrusted ? trusted.sender(fields.forwarding, from: sender) : sender
    }

    private func judge() {
        sender = Sender(address, scheme)
        isTrusted = !trusted.isEmpty && (IPAddress(address).map(trusted.contains) ?? false)
    }
}
