// Failures become responses here and nowhere else. The switch has no default: a new kind does not compile until somebody
// has decided what a client sees.

internal import JSON
internal import Logging
internal import Pipeline

/// Above all that can fail; above it there are only responses, below it only failures.
struct Rescue: Layer {
    let leaving: Leaving
    let security: any SecurityWatch
    let logger: Logger

    func answer(_ request: Request, next: any Service<Request, Response>) async throws(Failure) -> Response {
        do throws(Failure) {
            return try await next.answer(request)
        } catch let failure {
            let error = meaning(of: failure)
            request.record?.value.failure = error
            if let event = SecurityEvent(error, of: request) { security.note(event) }
            if error.kind == .internalError {
                logger.error(
                    "The gateway failed.", metadata: ["request": "\(request.id)", "reason": "\(error.reason)"])
            }
            return Self.response(error, notFound: request.record?.value.notFound, closes: request.refused != nil)
        }
    }

    /// Whose task is cancelled has lost its client, unless it is the gateway that goes.
    private func meaning(of failure: Failure) -> Failure {
        guard failure.kind == .clientGone, leaving.isOver else { return failure }
        return Failure(.draining, .gateway, "the gateway ended before the answer was ready")
    }

    /// The standard error object with the headers of the contract's sections 3 and 4.
    static func response(_ failure: Failure, notFound: String?, closes: Bool) -> Response {
        let answer = ErrorAnswer(failure, notFound: notFound)
        var body = JSONOutput(capacity: 64)
        body.beginObject()
        body.name("error")
        body.string(answer.sentence)
        body.endObject()
        var response = Response(
            status: answer.status,
            fields: [
                Response.Field("Content-Type", "application/json"), Response.Field("Cache-Control", "no-store"),
                .vary,
            ],
            body: body.bytes)
        if let status = ProxyStatus(failure, error: answer.proxyError) {
            response.fields.append(Response.Field("Proxy-Status", status.text))
        }
        response.fields += answer.fields
        response.closesConnection = closes
        return response
    }
}

/// What a client gets for a failure.
struct ErrorAnswer {
    let status: Int
    /// The error type of RFC 9209 section 2.3; nil: none fits.
    var proxyError: String?
    let sentence: String
    var fields: [Response.Field] = []

    /// - Parameter notFound: the route's sentence for a record that is not there.
    init(_ failure: Failure, notFound: String?) {
        let wait = failure.retryAfter?.secondsToWait ?? 1
        let retryAfter = [Response.Field("Retry-After", String(wait))]
        switch failure.kind {
        case .malformedRequest, .malformedParameter:
            // The reason is a sentence of ours about the form; it repeats nothing the client sent.
            (status, proxyError, sentence) = (400, "http_request_error", failure.reason)
        case .unauthenticated:
            (status, sentence) = (401, "Authentication required")
            fields = [Response.Field("WWW-Authenticate", "Bearer")]
        case .forbidden:
            (status, proxyError, sentence) = (403, "http_request_denied", "Not allowed")
        case .unknownRoute:
            (status, sentence) = (404, "Not found")
        case .recordNotFound:
            (status, sentence) = (404, notFound ?? "Not found")
        case .methodNotAllowed:
            (status, sentence) = (405, "Method not allowed")
            fields = [Response.Field("Allow", "GET, HEAD")]
        case .requestTimeout:
            (status, proxyError, sentence) = (408, "http_request_error", "The request took too long to arrive")
        case .bodyTooLarge:
            (status, proxyError, sentence) = (413, "http_request_error", "The request's body is too large")
        case .targetTooLong:
            (status, proxyError, sentence) = (414, "http_request_error", "The request's target is too long")
        case .expectationFailed:
            (status, proxyError, sentence) = (417, "http_request_error", "The expectation cannot be met")
        case .rateLimited:
            (status, sentence) = (429, "Too many requests")
            fields = retryAfter + Self.quota(failure, wait)
        case .headersTooLarge:
            (status, proxyError, sentence) = (431, "http_request_error", "The request's header is too large")
        case .notImplemented:
            (status, proxyError, sentence) = (501, "http_request_error", "Not implemented")
        case .versionNotSupported:
            (status, proxyError, sentence) = (505, "http_request_error", "HTTP version not supported")
        case .serverError, .unexpectedStatus:
            (status, sentence) = (502, Self.failed)
        case .connectionRefused:
            (status, proxyError, sentence) = (502, "connection_refused", Self.failed)
        case .connectionTerminated:
            (status, proxyError, sentence) = (502, "connection_terminated", Self.failed)
        case .dnsError:
            (status, proxyError, sentence) = (502, "dns_error", Self.failed)
        case .tlsError:
            (status, proxyError, sentence) = (502, "tls_protocol_error", Self.failed)
        case .replyIncomplete:
            (status, proxyError, sentence) = (502, "http_response_incomplete", Self.failed)
        case .replyMalformed, .contractBroken, .wrongTenant:
            (status, proxyError, sentence) = (502, "http_protocol_error", Self.invalid)
        case .replyTooLarge:
            (status, proxyError, sentence) = (502, "http_response_body_size", Self.invalid)
        case .throttled, .circuitOpen, .noEndpoint:
            (status, proxyError, sentence) = (503, "destination_unavailable", Self.busy)
            fields = retryAfter
        case .noPlace:
            (status, proxyError, sentence) = (503, "connection_limit_reached", Self.busy)
            fields = retryAfter
        case .overloaded, .draining:
            (status, proxyError, sentence) = (503, "proxy_internal_response", "The gateway is busy, try again")
            fields = [Response.Field("Retry-After", "1")]
        case .connectionTimeout:
            (status, proxyError, sentence) = (504, "connection_timeout", Self.late)
        case .readTimeout, .deadlineExceeded:
            (status, proxyError, sentence) = (504, "connection_read_timeout", Self.late)
        case .clientGone:
            // Nobody reads it; the access log does.
            (status, sentence) = (499, "The client left")
        case .cancelled, .internalError:
            (status, proxyError, sentence) = (500, "proxy_internal_error", "Internal error")
        }
    }

    /// draft-ietf-httpapi-ratelimit-headers-06. What resets is one request, at the time that Retry-After says.
    private static func quota(_ failure: Failure, _ wait: Int64) -> [Response.Field] {
        guard let quota = failure.quota else { return [] }
        return [
            Response.Field("RateLimit-Limit", String(quota)), Response.Field("RateLimit-Remaining", "0"),
            Response.Field("RateLimit-Reset", String(wait)),
        ]
    }

    private static let failed = "An upstream service failed"
    private static let invalid = "An upstream service gave an invalid answer"
    private static let busy = "An upstream service is busy, try again"
    private static let late = "An upstream service did not answer in time"
}
