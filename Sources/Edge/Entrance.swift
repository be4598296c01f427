// What a connection passes between its listener and HTTP: decided by the listener it came to.

internal import Configuration
internal import Logging
internal import NIOCore
internal import NIOSSL
internal import Pipeline

/// One listener's way in.
struct Entrance: Sendable {
    /// Nil: cleartext.
    let certificates: Certificates?
    private let timeouts: ServerTimeouts

    /// Reads the listener's certificates.
    init(_ listener: ListenerSettings, _ timeouts: ServerTimeouts, _ logger: Logger) throws(CannotUseCertificate) {
        certificates = try listener.tls.map { (tls) throws(CannotUseCertificate) in
            try Certificates(tls, logger: logger)
        }
        self.timeouts = timeouts
    }

    /// Whether a client that is one too many can be told so for next to nothing.
    var isPlain: Bool { certificates == nil }

    /// Puts what stands before HTTP into a new channel's pipeline, and says who is at the other end of it.
    ///
    /// The order of a pipeline is: the PROXY protocol, TLS, HTTP. When TLS is established its handler fires
    /// `TLSUserEvent.handshakeCompleted` with the protocol that ALPN chose, before the first byte.
    func open(_ channel: any Channel) throws -> Peer {
        guard let certificates else { return Peer(channel, scheme: .http) }
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(NIOSSLServerHandler(context: certificates.context))
        try pipeline.addHandler(HandshakeTimer(timeouts.tls))
        return Peer(channel, scheme: .https)
    }
}
