// What a connection passes between its listener and HTTP: decided by the listener it came to.

internal import Configuration
internal import Logging
internal import NIOCore
internal import NIOSSL
internal import Pipeline
internal import Synchronization

/// One listener's way in. What it is made of can be exchanged for new connections; those that came through it know it, so
/// that they can be told to end when it is closed.
final class Entrance: Sendable {
    /// What a reload may change without a client noticing.
    struct Terms: Sendable {
        /// Nil: cleartext.
        fileprivate let certificates: Certificates?
        fileprivate let trusted: TrustedProxies
        fileprivate let timeouts: ServerTimeouts

        /// For nobody.
        static let none = Terms(certificates: nil, trusted: TrustedProxies(), timeouts: ServerTimeouts())

        private init(certificates: Certificates?, trusted: TrustedProxies, timeouts: ServerTimeouts) {
            self.certificates = certificates
            self.trusted = trusted
            self.timeouts = timeouts
        }

        /// Reads the listener's certificates.
        init(
            _ listener: ListenerSettings, trusted: TrustedProxies, _ timeouts: ServerTimeouts, _ logger: Logger
        ) throws(CannotUseCertificate) {
            let certificates = try listener.tls.map { (tls) throws(CannotUseCertificate) in
                try Certificates(tls, logger: logger)
            }
            self.init(certificates: certificates, trusted: trusted, timeouts: timeouts)
        }
    }

    private let listener: ListenerSettings
    private let terms: Mutex<Terms>
    private let closed = Atomic<Bool>(false)

    init(_ listener: ListenerSettings, _ terms: Terms) {
        self.listener = listener
        self.terms = Mutex(terms)
    }

    /// Whether a listener of these settings lets clients in the same way.
    func isFor(_ other: ListenerSettings) -> Bool {
        listener.tls == other.tls && listener.proxyProtocol == other.proxyProtocol
    }

    /// New connections are let in by `terms`.
    func exchange(_ terms: Terms) { self.terms.withLock { $0 = terms } }

    /// Whether the connections that came through it are to end.
    var isClosed: Bool { closed.load(ordering: .relaxed) }

    func close() { closed.store(true, ordering: .relaxed) }

    /// How many clients of a loop that are too many are told so at once; the next is closed without a word. The courtesy
    /// must not cost what the limit saves, and a handshake is a thousand times the work of a few lines.
    var mostTurnedAway: Int { listener.tls == nil ? 64 : 16 }

    /// Puts what stands before HTTP into a new channel's pipeline, and says who is at the other end of it.
    ///
    /// The order of a pipeline is: the PROXY protocol, TLS, HTTP. When TLS is established its handler fires
    /// `TLSUserEvent.handshakeCompleted` with the protocol that ALPN chose, before the first byte.
    func open(_ channel: any Channel) throws -> Peer {
        let terms = terms.withLock(\.self)
        let peer = peer(of: channel, terms)
        let pipeline = channel.pipeline.syncOperations
        if listener.proxyProtocol { try pipeline.addHandler(ProxyPrelude(for: peer, within: terms.timeouts.headers)) }
        if let certificates = terms.certificates {
            try pipeline.addHandler(NIOSSLServerHandler(context: certificates.context))
            try pipeline.addHandler(HandshakeTimer(terms.timeouts.tls))
        }
        return peer
    }

    func peer(of channel: any Channel) -> Peer { peer(of: channel, terms.withLock(\.self)) }

    private func peer(of channel: any Channel, _ terms: Terms) -> Peer {
        Peer(channel, scheme: listener.tls == nil ? .http : .https, trusted: terms.trusted, through: self)
    }
}
