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
    private let expectsProxyHeader: Bool
    private let trusted: TrustedProxies
    private let timeouts: ServerTimeouts

    /// Reads the listener's certificates.
    init(
        _ listener: ListenerSettings, trusted: TrustedProxies, _ timeouts: ServerTimeouts, _ logger: Logger
    ) throws(CannotUseCertificate) {
        certificates = try listener.tls.map { (tls) throws(CannotUseCertificate) in
            try Certificates(tls, logger: logger)
        }
        expectsProxyHeader = listener.proxyProtocol
        self.trusted = trusted
        self.timeouts = timeouts
    }

    /// How many clients of a loop that are too many are told so at once; the next is closed without a word. The courtesy
    /// must not cost what the limit saves, and a handshake is a thousand times the work of a few lines.
    var mostTurnedAway: Int { certificates == nil ? 64 : 16 }

    /// Puts what stands before HTTP into a new channel's pipeline, and says who is at the other end of it.
    ///
    /// The order of a pipeline is: the PROXY protocol, TLS, HTTP. When TLS is established its handler fires
    /// `TLSUserEvent.handshakeCompleted` with the protocol that ALPN chose, before the first byte.
    func open(_ channel: any Channel) throws -> Peer {
        let peer = peer(of: channel)
        let pipeline = channel.pipeline.syncOperations
        if expectsProxyHeader { try pipeline.addHandler(ProxyPrelude(for: peer, within: timeouts.headers)) }
        if let certificates {
            try pipeline.addHandler(NIOSSLServerHandler(context: certificates.context))
            try pipeline.addHandler(HandshakeTimer(timeouts.tls))
        }
        return peer
    }

    func peer(of channel: any Channel) -> Peer {
        Peer(channel, scheme: certificates == nil ? .http : .https, trusted: trusted)
    }
}
