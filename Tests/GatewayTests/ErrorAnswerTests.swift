// What a client gets for each failure: the whole table of the contract's section 3.

import Pipeline
import Testing

@testable import Gateway

struct ErrorAnswerTests {
    private struct Expected {
        let status: Int
        let error: String?
        let sentence: String

        init(_ status: Int, _ error: String?, _ sentence: String) {
            self.status = status
            self.error = error
            self.sentence = sentence
        }
    }

    private static let failed = "An upstream service failed"
    private static let invalid = "An upstream service gave an invalid answer"
    private static let busy = "An upstream service is busy, try again"
    private static let late = "An upstream service did not answer in time"

    /// The reason of each failure here is `why`.
    private static let table: [Failure.Kind: Expected] = [
        .malformedRequest: Expected(400, "http_request_error", "why"),
        .malformedParameter: Expected(400, "http_request_error", "why"),
        .unauthenticated: Expected(401, nil, "Authentication required"),
        .forbidden: Expected(403, "http_request_denied", "Not allowed"),
        .unknownRoute: Expected(404, nil, "Not found"),
        .recordNotFound: Expected(404, nil, "Conversation not found"),
        .methodNotAllowed: Expected(405, nil, "Method not allowed"),
        .requestTimeout: Expected(408, "http_request_error", "The request took too long to arrive"),
        .bodyTooLarge: Expected(413, "http_request_error", "The request's body is too large"),
        .targetTooLong: Expected(414, "http_request_error", "The request's target is too long"),
        .expectationFailed: Expected(417, "http_request_error", "The expectation cannot be met"),
        .rateLimited: Expected(429, nil, "Too many requests"),
        .headersTooLarge: Expected(431, "http_request_error", "The request's header is too large"),
        .clientGone: Expected(499, nil, "The client left"),
        .cancelled: Expected(500, "proxy_internal_error", "Internal error"),
        .internalError: Expected(500, "proxy_internal_error", "Internal error"),
        .notImplemented: Expected(501, "http_request_error", "Not implemented"),
        .versionNotSupported: Expected(505, "http_request_error", "HTTP version not supported"),
        .serverError: Expected(502, nil, failed),
        .unexpectedStatus: Expected(502, nil, failed),
        .connectionRefused: Expected(502, "connection_refused", failed),
        .connectionTerminated: Expected(502, "connection_terminated", failed),
        .dnsError: Expected(502, "dns_error", failed),
        .tlsError: Expected(502, "tls_protocol_error", failed),
        .replyIncomplete: Expected(502, "http_response_incomplete", failed),
        .replyMalformed: Expected(502, "http_protocol_error", invalid),
        .contractBroken: Expected(502, "http_protocol_error", invalid),
        .wrongTenant: Expected(502, "http_protocol_error", invalid),
        .replyTooLarge: Expected(502, "http_response_body_size", invalid),
        .throttled: Expected(503, "destination_unavailable", busy),
        .circuitOpen: Expected(503, "destination_unavailable", busy),
        .noEndpoint: Expected(503, "destination_unavailable", busy),
        .noPlace: Expected(503, "connection_limit_reached", busy),
        .overloaded: Expected(503, "proxy_internal_response", "The gateway is busy, try again"),
        .draining: Expected(503, "proxy_internal_response", "The gateway is busy, try again"),
        .connectionTimeout: Expected(504, "connection_timeout", late),
        .readTimeout: Expected(504, "connection_read_timeout", late),
        .deadlineExceeded: Expected(504, "connection_read_timeout", late),
    ]

    private func answer(_ kind: Failure.Kind, retryAfter: Duration? = nil) -> ErrorAnswer {
        ErrorAnswer(Failure(kind, .gateway, retryAfter: retryAfter, "why"), notFound: "Conversation not found")
    }

    @Test(arguments: Failure.Kind.allCases)
    func `each kind has its status, error and sentence`(kind: Failure.Kind) throws {
        let expected = try #require(Self.table[kind])
        let answer = answer(kind)

        #expect(answer.status == expected.status)
        #expect(answer.proxyError == expected.error)
        #expect(answer.sentence == expected.sentence)
    }

    @Test func `some come with a field that a client needs`() {
        #expect(answer(.unauthenticated).fields == [Response.Field("WWW-Authenticate", "Bearer")])
        #expect(answer(.methodNotAllowed).fields == [Response.Field("Allow", "GET, HEAD")])
        for kind in Failure.Kind.allCases {
            let names = answer(kind).fields.map(\.name)
            #expect(names.contains("Retry-After") == [429, 503].contains(answer(kind).status), "\(kind)")
        }
    }

    @Test(arguments: [(nil, "1"), (Duration.seconds(7), "7"), (.zero, "1"), (.seconds(3600), "3600")])
    func `an upstream's wish to be asked later is passed on`(wish: Duration?, text: String) {
        for kind in [Failure.Kind.throttled, .circuitOpen, .noPlace, .noEndpoint, .rateLimited] {
            #expect(answer(kind, retryAfter: wish).fields == [Response.Field("Retry-After", text)], "\(kind)")
        }
    }

    @Test func `a time to wait is rounded up`() {
        #expect(answer(.throttled, retryAfter: .milliseconds(7001)).fields == [Response.Field("Retry-After", "8")])
    }

    @Test func `a tenant over its rate is told how much it may ask, and when again`() {
        let failure = Failure(.rateLimited, .downstream, retryAfter: .milliseconds(1200), quota: 200, "why")

        #expect(
            ErrorAnswer(failure, notFound: nil).fields == [
                Response.Field("Retry-After", "2"), Response.Field("RateLimit-Limit", "200"),
                Response.Field("RateLimit-Remaining", "0"), Response.Field("RateLimit-Reset", "2"),
            ])
    }

    @Test func `a gateway that is full says so for a second, whatever an upstream wished`() {
        #expect(answer(.overloaded, retryAfter: .seconds(60)).fields == [Response.Field("Retry-After", "1")])
    }

    @Test func `a record that is not there is told in the route's words, if there are any`() {
        let failure = Failure(.recordNotFound, .gateway, "why")

        #expect(ErrorAnswer(failure, notFound: nil).sentence == "Not found")
        #expect(ErrorAnswer(failure, notFound: "No such thing").sentence == "No such thing")
    }

    @Test func `the body is one sentence, escaped, and nothing may keep it`() {
        let failure = Failure(.malformedRequest, .downstream, "a \"quoted\" \\ reason")
        let response = Rescue.response(failure, notFound: nil, closes: true)

        #expect(String(decoding: response.body, as: UTF8.self) == #"{"error":"a \"quoted\" \\ reason"}"#)
        #expect(response["Content-Type"] == "application/json")
        #expect(response["Cache-Control"] == "no-store")
        #expect(response.closesConnection)
    }

    @Test func `unknown, another tenant's and hidden records are answered byte for byte alike`() {
        let crm = Failure.Origin.upstream("conversations", part: "conversation")
        let responses = [
            Failure(.recordNotFound, crm, receivedStatus: 404, "no such record"),
            Failure(.recordNotFound, crm, "Conversation.tenantId is another tenant's"),
            Failure(.recordNotFound, crm, "the record belongs to another workspace"),
        ].map { Rescue.response($0, notFound: "Conversation not found", closes: false) }

        #expect(Set(responses.map(\.body)).count == 1)
        #expect(responses.allSatisfy { $0.fields == responses[0].fields && $0["Proxy-Status"] == nil })
    }
}

struct ProxyStatusTests {
    private func text(_ failure: Failure, _ error: String?) -> String? { ProxyStatus(failure, error: error)?.text }

    @Test func `names the error, the upstream, and the part with the reason`() {
        let failure = Failure(.readTimeout, .upstream("crm", part: "contact"), "no answer within 800 ms")

        #expect(
            text(failure, "connection_read_timeout")
                == #"conversation-gateway; error=connection_read_timeout; next-hop=crm; details="contact: no answer within 800 ms""#
        )
    }

    @Test func `names the status where that is what failed`() {
        let failure = Failure(
            .serverError, .upstream("crm", part: nil), receivedStatus: 503, "The upstream answered 503.")

        #expect(
            text(failure, nil)
                == #"conversation-gateway; received-status=503; next-hop=crm; details="The upstream answered 503.""#)
    }

    @Test func `says nothing of the gateway's own reasons`() {
        #expect(
            text(Failure(.internalError, .gateway, "a secret"), "proxy_internal_error")
                == "conversation-gateway; error=proxy_internal_error")
    }

    @Test func `tells a client what is wrong with its request`() {
        #expect(
            text(Failure(.malformedRequest, .downstream, "no"), "http_request_error")
                == #"conversation-gateway; error=http_request_error; details="no""#)
    }

    @Test func `is absent where proxying had no part in it`() {
        #expect(text(Failure(.unauthenticated, .downstream, "x"), nil) == nil)
        #expect(text(Failure(.recordNotFound, .upstream("c", part: nil), receivedStatus: 404, "x"), nil) == nil)
    }

    @Test(arguments: [
        ("a \"b\" \\c", #""a \"b\" \\c""#), ("tab\tnewline\r\nnul\0", #""tab?newline??nul?""#), ("é🙂", #""??""#),
        ("", #""""#),
        (" !#~", #"" !#~""#), ("\u{7f}", #""?""#),
    ])
    func `details are a string of visible ASCII`(reason: String, quoted: String) {
        let status = text(Failure(.malformedRequest, .downstream, reason), "e")

        #expect(status?.hasSuffix("details=" + quoted) == true)
        #expect(status?.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value < 0x7f } == true)
    }

    @Test(arguments: [
        ("crm", "crm"), ("crm-2.eu_x", "crm-2.eu_x"), ("2crm", #""2crm""#), ("a b", #""a b""#), ("é", #""?""#),
        ("", #""""#),
        ("a\"", #""a\"""#),
    ])
    func `the upstream is a token where its name is one`(name: String, written: String) {
        let status = text(Failure(.dnsError, .upstream(name, part: nil), "x"), "e")

        #expect(status == "conversation-gateway; error=e; next-hop=\(written); details=\"x\"")
    }
}
