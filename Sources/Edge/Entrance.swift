// What a connection passes between its listener and HTTP: decided by the listener it came to.

internal import NIOCore
internal import Pipeline

/// One listener's way in.
struct Entrance: Sendable {
    /// Puts what stands before HTTP into a new channel's pipeline, and says who is at the other end of it.
    ///
    /// The order of a pipeline is: the PROXY protocol, TLS, HTTP.
    func open(_ channel: any Channel) throws -> Peer {
        Peer(channel, scheme: .http)
    }
}
