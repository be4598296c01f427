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
        didSet { judged = nil }
    }
    /// What the connection is to a client, by itself: `https` if it is TLS.
    let scheme: Request.Scheme
    let trusted: TrustedProxies
    private var judged: (sender: Sender, isTrusted: Bool)?

    init(_ channel: any Channel, scheme: Request.Scheme, trusted: TrustedProxies) {
        let text = channel.remoteAddress?.ipAddress ?? ""
        address = text.hasPrefix("::ffff:") ? IPAddress(text)?.plain.description ?? text : text
        self.scheme = scheme
        self.trusted = trusted
    }

    /// The peer as the sender of a request that says nothing else.
    var sender: Sender { judgement.sender }

    /// Whether it is a proxy whose word is taken for who sends a request.
    var isTrusted: Bool { judgement.isTrusted }

    /// The sender of a request with these fields.
    func sender(of fields: RequestFields) -> Sender {
        isTrusted ? trusted.sender(fields.forwarding, from: sender) : sender
    }

    /// Made with the first request, and kept.
    private var judgement: (sender: Sender, isTrusted: Bool) {
        if let judged { return judged }
        let new = (Sender(address, scheme), !trusted.isEmpty && (IPAddress(address).map(trusted.contains) ?? false))
        judged = new
        return new
    }
}
