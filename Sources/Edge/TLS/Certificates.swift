// What a listener shows its clients in TLS, and may demand of them: made of files at start, and anew with each reload.

internal import Configuration
internal import Logging
internal import NIOCore
internal import NIOSSL

/// The certificates of one listener. A connection takes what is there when it is accepted and keeps it.
struct Certificates: Sendable {
    /// For a new connection.
    let context: NIOSSLContext

    /// Reads the files.
    init(_ settings: ListenerTLS, logger: Logger) throws(CannotUseCertificate) {
        context = try Self.read(settings, logger)
    }

    private static func read(_ settings: ListenerTLS, _ logger: Logger) throws(CannotUseCertificate) -> NIOSSLContext {
        var certificates: [ServerCertificate] = []
        for files in settings.certificates {
            let certificate = try ServerCertificate(files)
            // Each on its own, so that a key that is not the certificate's is found now and not by a client.
            _ = try context(certificate, keyFile: files.key)
            certificate.remarks.forEach { $0.tell(logger) }
            certificates.append(certificate)
        }
        guard let first = certificates.first else {
            throw CannotUseCertificate(file: "tls", reason: "names no certificate")
        }
        let roots = try settings.clientCA.map { (file) throws(CannotUseCertificate) in try Self.roots(file) }
        return try context(
            first, keyFile: settings.certificates[0].key, others: Array(certificates.dropFirst()), clientRoots: roots)
    }

    private static func roots(_ path: String) throws(CannotUseCertificate) -> [NIOSSLCertificate] {
        let file = try CertificateFile(path)
        do {
            return try NIOSSLCertificate.fromPEMBytes(file.bytes)
        } catch {
            throw CannotUseCertificate(file: path, reason: "holds no certificate in PEM")
        }
    }

    private static func context(
        _ certificate: ServerCertificate, keyFile: String, others: [ServerCertificate] = [],
        clientRoots: [NIOSSLCertificate]? = nil
    ) throws(CannotUseCertificate) -> NIOSSLContext {
        var configuration = TLSConfiguration.serving(certificate)
        if let clientRoots {
            configuration.trustRoots = .certificates(clientRoots)
            configuration.certificateVerification = .noHostnameVerification
            configuration.sendCANameList = true
        }
        if !others.isEmpty { configuration.choose(among: [certificate] + others) }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw CannotUseCertificate(file: keyFile, reason: "is not the key of the certificate it stands beside")
        }
    }
}

extension TLSConfiguration {
    /// TLS 1.2 and 1.3 with forward secrecy and authenticated encryption only.
    fileprivate static func serving(_ certificate: ServerCertificate) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: certificate.chain.map { .certificate($0) }, privateKey: .privateKey(certificate.key))
        configuration.minimumTLSVersion = .tlsv12
        // For TLS 1.2, one for each kind of key: what every client with HTTP/2 must have (RFC 9113, section 9.2.2). Of
        // several the client would choose, since swift-nio-ssl has no word for a server's order. Those of TLS 1.3 are all
        // of this kind (RFC 8446, appendix B.4).
        configuration.cipherSuiteValues = [
            .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        ]
        configuration.applicationProtocols = ["h2", "http/1.1"]
        // Closing is at once: the client's own farewell is not waited for (RFC 8446, section 6.1). Who closes gently
        // closes his side first and waits himself.
        configuration.shutdownTimeout = .zero
        return configuration
    }

    /// Shows the certificate that is for the name the client asks for, else the first (RFC 6066, section 3).
    fileprivate mutating func choose(among certificates: [ServerCertificate]) {
        let choices = certificates.map { ($0, NIOSSLContextConfigurationOverride(showing: $0)) }
        sslContextCallback = { asked, promise in
            let host = asked.serverHostname?.lowercased()
            let choice = host.flatMap { host in choices.first { $0.0.isFor(host) } }
            promise.succeed(choice?.1 ?? .noChanges)
        }
    }
}

extension NIOSSLContextConfigurationOverride {
    fileprivate init(showing certificate: ServerCertificate) {
        self.init()
        certificateChain = certificate.chain.map { .certificate($0) }
        privateKey = .privateKey(certificate.key)
    }
}

extension CertificateRemark {
    fileprivate func tell(_ logger: Logger) {
        switch kind {
        case .keyIsOpen: logger.warning("Others can read a private key.", metadata: ["file": "\(file)"])
        case .hasExpired: logger.warning("A certificate has expired.", metadata: ["file": "\(file)"])
        }
    }
}
