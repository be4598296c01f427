// What is wrong where TLS with an upstream fails, as far as libcurl and OpenSSL tell: by numbers where there are some, by their
// words where there are none.

internal import CCurl

/// The failures of TLS, in words for those who can mend them.
enum TLSFailures {
    /// Nil: it is no failure of TLS.
    /// - Parameters:
    ///   - verification: OpenSSL's verdict on the upstream's certificate; 0: it has none to make.
    ///   - complaint: libcurl's own sentence.
    ///   - isAnswered: whether a reply had begun.
    static func sentence(_ code: CURLcode, verification: Int, complaint: String, isAnswered: Bool) -> String? {
        switch code {
        case CURLE_PEER_FAILED_VERIFICATION:
            return certificate(verification, complaint)
        case CURLE_SSL_CACERT_BADFILE:
            return "The certificates of authorities cannot be read (tls.ca)."
        case CURLE_SSL_CERTPROBLEM, CURLE_SSL_CLIENTCERT:
            return "The gateway's own certificate or key cannot be used (tls.certificate, tls.key)."
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS,
            CURLE_SSL_CRL_BADFILE, CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED,
            CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_USE_SSL_FAILED:
            if let alert = alert(in: complaint) { return "The upstream ended the TLS handshake (alert: \(alert))." }
            if complaint.contains("wrong version number") { return "The upstream does not speak TLS." }
            return "The TLS handshake with the upstream failed (libcurl code \(code.rawValue))."
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR:
            // In TLS 1.3 the client is done with the handshake before the server has looked at its certificate, and sends
            // at once: it reads what the server thinks of it where it expects the reply (RFC 8446, section 4.4.2.4).
            guard !isAnswered, let alert = alert(in: complaint), aboutOurs.contains(alert) else { return nil }
            return "The upstream does not accept the gateway's certificate, or wants one (alert: \(alert))."
        default:
            return nil
        }
    }

    /// What is wrong with the upstream's certificate.
    private static func certificate(_ verification: Int, _ complaint: String) -> String {
        // libcurl itself compares names, before it asks for OpenSSL's verdict.
        if complaint.contains("subject name") || complaint.contains("common name") {
            return "The upstream's certificate is not for its name."
        }
        // X509_V_ERR_… of OpenSSL's x509_vfy.h.
        switch verification {
        case 9: return "The upstream's certificate, or one above it, is not yet valid."
        case 10: return "The upstream's certificate, or one above it, has expired."
        case 2, 18, 19, 20, 21, 27: return "The upstream's certificate is of no authority that is trusted."
        case 23: return "The upstream's certificate, or one above it, was revoked."
        default: return "The upstream's certificate is not to be trusted (OpenSSL code \(verification))."
        }
    }

    /// The name of the alert that the other side sent (RFC 8446, section 6), as OpenSSL writes it.
    private static func alert(in complaint: String) -> String? {
        guard let word = complaint.firstRange(of: " alert ") else { return nil }
        let name = complaint[word.upperBound...].prefix { $0 == " " || $0.isASCII && $0.isLetter }
        return names.contains(String(name)) ? String(name) : nil
    }

    /// Alerts by which a server refuses what a client has shown, or that it has shown nothing.
    private static let aboutOurs: Set<String> = [
        "certificate required", "unknown ca", "bad certificate", "unsupported certificate", "certificate revoked",
        "certificate expired", "certificate unknown", "access denied", "handshake failure", "decrypt error",
    ]

    private static let names = aboutOurs.union([
        "protocol version", "insufficient security", "internal error", "illegal parameter", "decode error",
        "unrecognized name", "no application protocol", "missing extension", "unexpected message",
        "inappropriate fallback",
    ])
}
