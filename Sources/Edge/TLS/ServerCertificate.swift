// One certificate that a listener can show, with its key: read, checked, and known by the names it is for.

internal import Configuration
internal import Glibc
internal import NIOSSL

struct ServerCertificate {
    /// The server's own certificate first.
    let chain: [NIOSSLCertificate]
    let key: NIOSSLPrivateKey
    /// The DNS names it is for, in lower case; some begin with `*.`.
    let names: [String]
    /// What an operator should know although it can be used.
    let remarks: [CertificateRemark]

    /// Reads both files. Whether they belong together shows when a context is made of them.
    init(_ files: ListenerTLS.Certificate) throws(CannotUseCertificate) {
        let chainFile = try CertificateFile(files.certificate)
        let keyFile = try CertificateFile(files.key)
        do {
            chain = try NIOSSLCertificate.fromPEMBytes(chainFile.bytes)
        } catch {
            throw CannotUseCertificate(file: files.certificate, reason: "holds no certificate in PEM")
        }
        do {
            key = try NIOSSLPrivateKey(bytes: keyFile.bytes, format: .pem)
        } catch {
            throw CannotUseCertificate(
                file: files.key, reason: "holds no private key in PEM that can be read without a password")
        }
        names = chain.first.map(Self.names) ?? []
        var remarks: [CertificateRemark] = []
        if keyFile.isOpenToOthers { remarks.append(CertificateRemark(files.key, .keyIsOpen)) }
        if let leaf = chain.first, leaf.notValidAfter < time(nil) {
            remarks.append(CertificateRemark(files.certificate, .hasExpired))
        }
        self.remarks = remarks
    }

    private static func names(of certificate: NIOSSLCertificate) -> [String] {
        certificate._subjectAlternativeNames().compactMap { name in
            name.nameType == .dnsName ? String(decoding: name.contents, as: UTF8.self).lowercased() : nil
        }
    }

    /// Whether it is for `host`, in lower case. A `*` stands for one label, the first (RFC 6125, section 6.4.3).
    func isFor(_ host: String) -> Bool {
        names.contains { name in
            guard name.hasPrefix("*.") else { return name == host }
            guard let dot = host.firstIndex(of: "."), dot != host.startIndex else { return false }
            return host[dot...] == name.dropFirst()
        }
    }
}

/// What is unwise about a certificate's files, though they work.
struct CertificateRemark: Equatable {
    enum Kind: Equatable {
        case keyIsOpen
        case hasExpired
    }

    let file: String
    let kind: Kind

    init(_ file: String, _ kind: Kind) {
        self.file = file
        self.kind = kind
    }
}
