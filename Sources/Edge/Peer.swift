// Who is at the other end of a connection, and by what way it came: found out once a connection, not with each request.

internal import NIOCore
internal import Pipeline

/// Made when a channel is accepted, filled in by what stands before the connection in its pipeline (the PROXY protocol,
/// TLS), read when bytes become a request. Used on the channel's loop only.
final class Peer {
    /// The client's address as text, without port. An IPv4 client of a socket for both families is named as on one of
    /// its own.
    var address: String
    /// The port that was connected to.
    let localPort: Int
    /// What the connection is to a client, by itself: `https` if it is TLS.
    let scheme: Request.Scheme

    init(_ channel: any Channel, scheme: Request.Scheme) {
        address = Self.plain(channel.remoteAddress?.ipAddress ?? "")
        localPort = channel.localAddress?.port ?? 0
        self.scheme = scheme
    }

    /// An IPv4 address that is written as an IPv6 one, as IPv4 (RFC 4291, section 2.5.5.2).
    static func plain(_ address: String) -> String {
        address.hasPrefix("::ffff:") && address.contains(".") ? String(address.dropFirst(7)) : address
    }
}
