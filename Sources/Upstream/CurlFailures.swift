// libcurl's verdicts as failures: the one table.

internal import CCurl
internal import Pipeline

/// What a failed transfer means.
struct TransferFailures {
    let upstream: String

    /// The failure that a code of libcurl stands for.
    /// - Parameters:
    ///   - refusal: why we told libcurl to stop, if we did.
    ///   - progress: how far it had come.
    ///   - complaint: libcurl's own sentence. It has one code for a connection that breaks and for a chunk that is no chunk.
    ///   - verification: OpenSSL's verdict on the upstream's certificate.
    func failure(
        _ code: CURLcode, refusal: Transfer.Refusal?, progress: Transfer.Progress, maxBody: Int,
        complaint: String = "", verification: Int = 0
    ) -> Failure {
        let side = Failure.Origin.upstream(upstream, part: nil)
        switch refusal {
        case .bodyTooLarge: return Failure(.replyTooLarge, side, "The reply's body is larger than \(maxBody) bytes.")
        case .headersTooLarge: return Failure(.replyMalformed, side, "The reply's header is larger than allowed.")
        case .repetition:
            return Failure(
                .connectionTerminated, side, retry: .ifIdempotent,
                "The upstream closed a kept connection when it was asked, or refused the stream.")
        case nil: break
        }
        if code == CURLE_RECV_ERROR, complaint.hasSuffix("in chunked-encoding") {
            return Failure(.replyMalformed, side, "The reply's chunks are malformed.")
        }
        if let sentence = TLSFailures.sentence(
            code, verification: verification, complaint: complaint, isAnswered: progress == .answering)
        {
            // The same certificate would be as wrong a moment later.
            return Failure(.tlsError, side, retry: .elsewhere, sentence)
        }
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            return Failure(.dnsError, side, retry: .always, "The upstream's name could not be resolved.")
        case CURLE_COULDNT_CONNECT:
            return Failure(.connectionRefused, side, retry: .always, "The upstream refused the connection.")
        case CURLE_OPERATION_TIMEDOUT:
            return Failure(.connectionTimeout, side, retry: .always, "The connection took too long.")
        case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_HTTP2, CURLE_HTTP2_STREAM:
            switch progress {
            case .unsent:
                return Failure(
                    .connectionTerminated, side, retry: .always, "The upstream closed before it was asked.")
            case .sent:
                return Failure(
                    .connectionTerminated, side, retry: .ifIdempotent, "The upstream closed before it replied.")
            case .answering:
                return Failure(.replyIncomplete, side, "The upstream broke off in the middle of its reply.")
            }
        case CURLE_PARTIAL_FILE:
            return Failure(.replyIncomplete, side, "The upstream closed before its reply was complete.")
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING, CURLE_WRITE_ERROR,
            CURLE_TOO_MANY_REDIRECTS, CURLE_CHUNK_FAILED, CURLE_FILESIZE_EXCEEDED:
            return Failure(
                .replyMalformed, side, "The upstream's reply is not well-formed HTTP (libcurl code \(code.rawValue)).")
        case CURLE_OUT_OF_MEMORY:
            // What libcurl says of one header line over its own cap of 100 KiB; memory itself does not run out first.
            return Failure(.replyMalformed, side, "The reply's header is larger than allowed.")
        case CURLE_FAILED_INIT, CURLE_URL_MALFORMAT, CURLE_UNKNOWN_OPTION, CURLE_NOT_BUILT_IN:
            return Failure(.internalError, .gateway, "libcurl gave up with code \(code.rawValue).")
        default:
            // The options were checked when they were set, so what is left came from the other side: a header line without
            // a colon, say, is a bad argument to libcurl.
            return Failure(
                .replyMalformed, side, "The upstream's reply could not be taken (libcurl code \(code.rawValue)).")
        }
    }

    /// A complete reply that is wrong all the same. Nil: it is right.
    func failure(ofWhole transfer: Transfer) -> Failure? {
        let side = Failure.Origin.upstream(upstream, part: nil)
        if transfer.isEncoded {
            return Failure(.replyMalformed, side, "The reply has a content coding that was not asked for.")
        }
        if transfer.hasExcess { return Failure(.replyMalformed, side, "More came than the reply's body.") }
        return nil
    }

    func connectTimedOut(after timeout: Duration) -> Failure {
        Failure(
            .connectionTimeout, .upstream(upstream, part: nil), retry: .always,
            "no connection within \(timeout.milliseconds) ms")
    }

    func timedOut(after timeout: Duration) -> Failure {
        Failure(.readTimeout, .upstream(upstream, part: nil), "no answer within \(timeout.milliseconds) ms")
    }

    /// A status that is neither a 200 nor a 404 (contract, section 3). Nil: it is no failure.
    func failure(status: Int, retryAfter: Duration?) -> Failure? {
        let side = Failure.Origin.upstream(upstream, part: nil)
        switch status {
        case 200, 404:
            return nil
        case 429:
            return Failure(
                .throttled, side, receivedStatus: status, retryAfter: retryAfter, "The upstream is throttling.")
        case 502, 503, 504:
            return Failure(
                .serverError, side, retry: .ifIdempotent, receivedStatus: status, retryAfter: retryAfter,
                "The upstream answered \(status).")
        case 500...599:
            return Failure(.serverError, side, receivedStatus: status, "The upstream answered \(status).")
        default:
            return Failure(.unexpectedStatus, side, receivedStatus: status, "The upstream answered \(status).")
        }
    }
}
