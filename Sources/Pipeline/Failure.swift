// The one error of the gateway. It is made where the fact is known, and says what a reader further up must know:
// what happened, on whose side, and whether asking again is safe.

/// Why a request or a call has no answer.
package struct Failure: Error, Sendable {
    /// What happened. Closed, so that each place that judges failures is an exhaustive switch; its raw value is the
    /// label of metrics and logs.
    package enum Kind: String, Sendable, CaseIterable {
        // The client's side.
        case malformedRequest = "malformed_request"
        case malformedParameter = "malformed_parameter"
        case unauthenticated
        case forbidden
        case unknownRoute = "unknown_route"
        case recordNotFound = "record_not_found"
        case methodNotAllowed = "method_not_allowed"
        case requestTimeout = "request_timeout"
        case bodyTooLarge = "body_too_large"
        case targetTooLong = "target_too_long"
        case expectationFailed = "expectation_failed"
        case rateLimited = "rate_limited"
        case headersTooLarge = "headers_too_large"
        case notImplemented = "not_implemented"
        case versionNotSupported = "version_not_supported"
        case clientGone = "client_gone"

        // An upstream's side.
        case serverError = "upstream_server_error"
        case unexpectedStatus = "upstream_unexpected_status"
        case throttled = "upstream_throttled"
        case connectionRefused = "connection_refused"
        case connectionTerminated = "connection_terminated"
        case connectionTimeout = "connection_timeout"
        case dnsError = "dns_error"
        case tlsError = "tls_error"
        case replyIncomplete = "reply_incomplete"
        case replyMalformed = "reply_malformed"
        case replyTooLarge = "reply_too_large"
        case contractBroken = "contract_broken"
        case wrongTenant = "wrong_tenant"
        case readTimeout = "read_timeout"
        case circuitOpen = "circuit_open"
        case noPlace = "no_place"
        case noEndpoint = "no_endpoint"

        // The gateway's own.
        case deadlineExceeded = "deadline_exceeded"
        case overloaded
        case draining
        case cancelled
        case internalError = "internal_error"
    }

    /// Whose side it arose on.
    package enum Origin: Sendable, Equatable {
        case downstream
        case gateway
        /// `part` is known from the plan on upwards.
        case upstream(String, part: String?)
    }

    /// Whether asking again is safe.
    package enum Retry: Sendable, Equatable {
        /// Asking again would not help, or not be right.
        case never
        /// The upstream cannot have seen the call.
        case always
        /// Nor here, but the same endpoint would fail in the same way again.
        case elsewhere
        /// The upstream may have seen the call, and may have acted on it.
        case ifIdempotent
    }

    package let kind: Kind
    /// Failures travel through many frames and are rare: their facts stay in one place on the heap.
    private let kept: Kept

    private final class Kept: Sendable {
        let facts: Facts
        init(_ facts: Facts) { self.facts = facts }
    }

    private struct Facts: Sendable {
        var origin: Origin
        var retry: Retry
        var reason: String
        var receivedStatus: Int?
        var retryAfter: Duration?
        var quota: Int?
        var credential: String?
        var endpoints = EndpointSet()
        var unfit = EndpointSet()
        var isOfKeptConnection = false
        var attempts: Int
        var coalescedWith: String?
    }

    package init(
        _ kind: Kind, _ origin: Origin, retry: Retry = .never, receivedStatus: Int? = nil,
        retryAfter: Duration? = nil, quota: Int? = nil, credential: String? = nil, _ reason: String
    ) {
        self.init(
            kind,
            Facts(
                origin: origin, retry: retry, reason: reason, receivedStatus: receivedStatus, retryAfter: retryAfter,
                quota: quota, credential: credential, attempts: kind.isBeforeTheWire ? 0 : 1))
    }

    private init(_ kind: Kind, _ facts: Facts) {
        self.kind = kind
        kept = Kept(facts)
    }

    package var origin: Origin { kept.facts.origin }
    package var retry: Retry { kept.facts.retry }
    /// A sentence with numbers, for the log and for `details` of `Proxy-Status`. Holds no address, no credential and
    /// nothing that an upstream's body said.
    package var reason: String { kept.facts.reason }
    /// The status an upstream answered with, if that is what failed.
    package var receivedStatus: Int? { kept.facts.receivedStatus }
    /// When asking again may make sense, as far as known.
    package var retryAfter: Duration? { kept.facts.retryAfter }
    /// How many requests the client may make at once, if it made more.
    package var quota: Int? { kept.facts.quota }
    /// The id of the key, or the issuer of the token, that was refused; nil: not known. Never the credential.
    package var credential: String? { kept.facts.credential }
    /// At which of the upstream's endpoints it arose: none, one, or those of both attempts of a call that was asked twice.
    package var endpoints: EndpointSet { kept.facts.endpoints }
    /// Those of them that are not to be asked again for this call.
    package var unfit: EndpointSet { kept.facts.unfit }
    /// Whether a kept connection ended before the first byte of a reply: it may have been dead for long, which says nothing of how
    /// its endpoint is now.
    package var isOfKeptConnection: Bool { kept.facts.isOfKeptConnection }
    /// How often an upstream was asked before it came to this.
    package var attempts: Int { kept.facts.attempts }
    /// The id of the request whose call failed so, if that is another's.
    package var coalescedWith: String? { kept.facts.coalescedWith }

    /// A call that nobody wants any more.
    package static var callCancelled: Failure { Failure(.cancelled, .gateway, "The call was cancelled.") }

    /// The same failure, named as the one of a plan's part.
    package func of(part: String) -> Failure {
        guard case .upstream(let upstream, _) = origin else { return self }
        return with { $0.origin = .upstream(upstream, part: part) }
    }

    /// The same failure, of a call to that endpoint.
    package func at(endpoint: Int) -> Failure {
        with {
            $0.endpoints.insert(endpoint)
            if $0.retry == .elsewhere { $0.unfit.insert(endpoint) }
        }
    }

    /// The same failure, of a kept connection that ended before the first byte of a reply.
    package func ofKeptConnection() -> Failure { with { $0.isOfKeptConnection = true } }

    /// The same failure, after so many attempts in all.
    package func after(attempts: Int) -> Failure { with { $0.attempts = attempts } }

    /// The same failure, of a call that was asked twice at once and failed so and otherwise.
    package func besides(_ other: Failure) -> Failure {
        with {
            $0.attempts += other.attempts
            $0.endpoints.formUnion(other.endpoints)
            $0.unfit.formUnion(other.unfit)
        }
    }

    /// The same failure, of a call that was made for the request of that id, and cost this one none.
    package func coalesced(with leader: String) -> Failure {
        with { ($0.coalescedWith, $0.attempts) = (leader, 0) }
    }

    private func with(_ change: (inout Facts) -> Void) -> Failure {
        var facts = kept.facts
        change(&facts)
        return Failure(kind, facts)
    }
}

extension Failure.Kind {
    /// Whether a call that ends so was not sent at all.
    fileprivate var isBeforeTheWire: Bool {
        switch self {
        case .noPlace, .circuitOpen, .noEndpoint, .deadlineExceeded: true
        default: false
        }
    }
}
