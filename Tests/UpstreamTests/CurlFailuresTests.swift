// The table from libcurl's verdicts and upstreams' statuses to failures.

import CCurl
import Pipeline
import Testing

@testable import Upstream

struct CurlFailuresTests {
    private let failures = TransferFailures(upstream: "crm")
    private let crm = Failure.Origin.upstream("crm", part: nil)

    private struct Meaning: Equatable {
        let kind: Failure.Kind
        let retry: Failure.Retry

        init(_ kind: Failure.Kind, _ retry: Failure.Retry = .never) {
            self.kind = kind
            self.retry = retry
        }
    }

    private func meaning(_ code: CURLcode, progress: Transfer.Progress) -> Meaning {
        let failure = failures.failure(code, refusal: nil, progress: progress, maxBody: 1)
        return Meaning(failure.kind, failure.retry)
    }

    /// What does not depend on whether a reply had begun.
    @Test func `each code has one meaning`() {
        let table: [(CURLcode, Meaning)] = [
            (CURLE_COULDNT_RESOLVE_HOST, Meaning(.dnsError, .always)),
            (CURLE_COULDNT_RESOLVE_PROXY, Meaning(.dnsError, .always)),
            (CURLE_COULDNT_CONNECT, Meaning(.connectionRefused, .always)),
            (CURLE_OPERATION_TIMEDOUT, Meaning(.connectionTimeout, .always)),
            (CURLE_SSL_CONNECT_ERROR, Meaning(.tlsError, .elsewhere)),
            (CURLE_PEER_FAILED_VERIFICATION, Meaning(.tlsError, .elsewhere)),
            (CURLE_SSL_CERTPROBLEM, Meaning(.tlsError, .elsewhere)),
            (CURLE_SSL_CIPHER, Meaning(.tlsError, .elsewhere)),
            (CURLE_SSL_CACERT_BADFILE, Meaning(.tlsError, .elsewhere)),
            (CURLE_SSL_ISSUER_ERROR, Meaning(.tlsError, .elsewhere)),
            (CURLE_SSL_INVALIDCERTSTATUS, Meaning(.tlsError, .elsewhere)),
            (CURLE_SSL_CRL_BADFILE, Meaning(.tlsError, .elsewhere)),
            (CURLE_SSL_ENGINE_NOTFOUND, Meaning(.tlsError, .elsewhere)),
            (CURLE_SSL_ENGINE_SETFAILED, Meaning(.tlsError, .elsewhere)),
            (CURLE_SSL_PINNEDPUBKEYNOTMATCH, Meaning(.tlsError, .elsewhere)),
            (CURLE_SSL_CLIENTCERT, Meaning(.tlsError, .elsewhere)),
            (CURLE_USE_SSL_FAILED, Meaning(.tlsError, .elsewhere)),
            (CURLE_PARTIAL_FILE, Meaning(.replyIncomplete)),
            (CURLE_UNSUPPORTED_PROTOCOL, Meaning(.replyMalformed)),
            (CURLE_WEIRD_SERVER_REPLY, Meaning(.replyMalformed)),
            (CURLE_BAD_CONTENT_ENCODING, Meaning(.replyMalformed)),
            (CURLE_WRITE_ERROR, Meaning(.replyMalformed)),
            (CURLE_TOO_MANY_REDIRECTS, Meaning(.replyMalformed)),
            (CURLE_CHUNK_FAILED, Meaning(.replyMalformed)),
            (CURLE_FILESIZE_EXCEEDED, Meaning(.replyMalformed)),
            (CURLE_OUT_OF_MEMORY, Meaning(.replyMalformed)),
        ]
        for (code, expected) in table {
            #expect(meaning(code, progress: .unsent) == expected, "code \(code.rawValue)")
            #expect(meaning(code, progress: .sent) == expected, "code \(code.rawValue)")
            #expect(meaning(code, progress: .answering) == expected, "code \(code.rawValue)")
        }
    }

    private func reason(_ code: CURLcode, _ complaint: String, verification: Int = 0) -> String {
        failures.failure(
            code, refusal: nil, progress: .sent, maxBody: 1, complaint: complaint, verification: verification
        ).reason
    }

    @Test func `says what is wrong with a certificate`() {
        let table: [(String, Int, String)] = [
            ("SSL certificate problem: certificate has expired", 10, "or one above it, has expired."),
            ("SSL certificate problem: certificate is not yet valid", 9, "or one above it, is not yet valid."),
            ("SSL certificate problem: unable to get local issuer certificate", 20, "of no authority that is trusted."),
            ("SSL certificate problem: self-signed certificate", 18, "of no authority that is trusted."),
            ("SSL certificate problem: certificate revoked", 23, "was revoked."),
            ("SSL certificate problem: unsuitable certificate purpose", 26, "not to be trusted (OpenSSL code 26)."),
            ("SSL: no alternative certificate subject name matches target host name 'a'", 0, "not for its name."),
            // The verdict may be the one on an earlier connection.
            ("SSL: certificate subject name 'b' does not match target host name 'a'", 10, "not for its name."),
        ]
        for (complaint, verification, end) in table {
            let said = reason(CURLE_PEER_FAILED_VERIFICATION, complaint, verification: verification)
            #expect(said.hasPrefix("The upstream's certificate") && said.hasSuffix(end), "\(said)")
        }
    }

    @Test func `an alert about our certificate is no end of a connection, whichever code it comes with`() {
        let wants =
            "OpenSSL SSL_read: OpenSSL/3.0.19: error:0A00045C:SSL routines::tlsv13 alert certificate required, errno 0"
        let closes = "OpenSSL SSL_read: error:0A000438:SSL routines::tlsv1 alert internal error, errno 0"
        for code in [CURLE_RECV_ERROR, CURLE_SEND_ERROR] {
            let failure = failures.failure(code, refusal: nil, progress: .sent, maxBody: 1, complaint: wants)
            #expect(failure.kind == .tlsError)
            #expect(failure.retry == .elsewhere)
            #expect(failure.reason.hasSuffix("(alert: certificate required)."))
            #expect(
                failures.failure(code, refusal: nil, progress: .sent, maxBody: 1, complaint: closes).kind
                    == .connectionTerminated)
            #expect(
                failures.failure(code, refusal: nil, progress: .answering, maxBody: 1, complaint: wants).kind
                    == .replyIncomplete)
        }
    }

    @Test func `what ended a handshake is told, as far as it is known`() {
        #expect(
            reason(
                CURLE_SSL_CONNECT_ERROR, "OpenSSL/3.0.19: error:0A000410:SSL routines::sslv3 alert handshake failure")
                == "The upstream ended the TLS handshake (alert: handshake failure).")
        #expect(
            reason(CURLE_SSL_CONNECT_ERROR, "OpenSSL/3.0.19: error:0A00010B:SSL routines::wrong version number")
                == "The upstream does not speak TLS.")
        for text in ["", "an alert \u{e9}", "x alert <script>", "OpenSSL SSL_connect: SSL_ERROR_SYSCALL"] {
            #expect(
                reason(CURLE_SSL_CONNECT_ERROR, text)
                    == "The TLS handshake with the upstream failed (libcurl code 35).")
        }
        #expect(reason(CURLE_SSL_CACERT_BADFILE, "error").contains("(tls.ca)"))
        #expect(reason(CURLE_SSL_CERTPROBLEM, "error").contains("(tls.certificate, tls.key)"))
    }

    @Test func `an end before the reply is safe to try again for a read, one within it is not`() {
        for code in [CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_HTTP2, CURLE_HTTP2_STREAM] {
            #expect(
                meaning(code, progress: .sent) == Meaning(.connectionTerminated, .ifIdempotent), "code \(code.rawValue)"
            )
            #expect(meaning(code, progress: .answering) == Meaning(.replyIncomplete), "code \(code.rawValue)")
            #expect(
                meaning(code, progress: .unsent) == Meaning(.connectionTerminated, .always), "code \(code.rawValue)")
        }
    }

    @Test func `what only our own bug can cause is ours`() {
        for code in [CURLE_FAILED_INIT, CURLE_URL_MALFORMAT, CURLE_UNKNOWN_OPTION, CURLE_NOT_BUILT_IN] {
            let failure = failures.failure(code, refusal: nil, progress: .sent, maxBody: 1)

            #expect(failure.kind == .internalError, "code \(code.rawValue)")
            #expect(failure.origin == .gateway, "code \(code.rawValue)")
        }
    }

    @Test func `what libcurl calls a bad argument in the middle of a transfer came from the upstream`() {
        #expect(meaning(CURLE_BAD_FUNCTION_ARGUMENT, progress: .answering) == Meaning(.replyMalformed))
    }

    @Test func `what we refused is named as what it was, not as the broken write it became`() {
        let body = failures.failure(CURLE_WRITE_ERROR, refusal: .bodyTooLarge, progress: .answering, maxBody: 4711)
        let header = failures.failure(CURLE_WRITE_ERROR, refusal: .headersTooLarge, progress: .answering, maxBody: 4711)

        #expect(body.kind == .replyTooLarge)
        #expect(body.reason.contains("4711"))
        #expect(header.kind == .replyMalformed)
    }

    @Test func `names the upstream and never the part`() {
        for code in [CURLE_COULDNT_CONNECT, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_SSL_CONNECT_ERROR] {
            #expect(failures.failure(code, refusal: nil, progress: .sent, maxBody: 1).origin == crm)
        }
        #expect(failures.timedOut(after: .seconds(1)).origin == crm)
        #expect(failures.connectTimedOut(after: .seconds(1)).origin == crm)
        #expect(Failure.callCancelled.origin == .gateway)
    }

    @Test func `timeouts say how long was waited`() {
        #expect(failures.timedOut(after: .milliseconds(800)).kind == .readTimeout)
        #expect(failures.timedOut(after: .milliseconds(800)).retry == .never)
        #expect(failures.timedOut(after: .milliseconds(800)).reason == "no answer within 800 ms")
        #expect(failures.connectTimedOut(after: .milliseconds(1500)).kind == .connectionTimeout)
        #expect(failures.connectTimedOut(after: .milliseconds(1500)).retry == .always)
        #expect(failures.connectTimedOut(after: .milliseconds(1500)).reason == "no connection within 1500 ms")
    }

    @Test(arguments: [200, 404])
    func `a record and its absence are no failures`(status: Int) {
        #expect(failures.failure(status: status, retryAfter: nil) == nil)
    }

    @Test(arguments: [
        (500, Failure.Kind.serverError, Failure.Retry.never), (501, .serverError, .never),
        (502, .serverError, .ifIdempotent),
        (503, .serverError, .ifIdempotent), (504, .serverError, .ifIdempotent), (505, .serverError, .never),
        (599, .serverError, .never), (429, .throttled, .never), (400, .unexpectedStatus, .never),
        (401, .unexpectedStatus, .never), (403, .unexpectedStatus, .never), (410, .unexpectedStatus, .never),
        (422, .unexpectedStatus, .never), (201, .unexpectedStatus, .never), (204, .unexpectedStatus, .never),
        (206, .unexpectedStatus, .never), (301, .unexpectedStatus, .never), (302, .unexpectedStatus, .never),
        (304, .unexpectedStatus, .never), (600, .unexpectedStatus, .never), (999, .unexpectedStatus, .never),
    ])
    func `every other status is one`(status: Int, kind: Failure.Kind, retry: Failure.Retry) throws {
        let failure = try #require(failures.failure(status: status, retryAfter: nil))

        #expect(failure.kind == kind)
        #expect(failure.retry == retry)
        #expect(failure.origin == crm)
        #expect(failure.receivedStatus == status)
    }

    @Test(arguments: [429, 502, 503, 504])
    func `keeps the upstream's wish when to be asked again`(status: Int) {
        #expect(failures.failure(status: status, retryAfter: .seconds(7))?.retryAfter == .seconds(7))
    }

    @Test func `milliseconds are rounded down`() {
        #expect(Duration.microseconds(1999).milliseconds == 1)
        #expect(Duration.seconds(90).milliseconds == 90_000)
        #expect(Duration.zero.milliseconds == 0)
    }
}
