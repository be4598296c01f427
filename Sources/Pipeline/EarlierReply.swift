// What comes of a record that somebody keeps when the upstream is asked for it again, and that fails.

/// What a failure says about a reply that came earlier.
package enum EarlierReply: Sendable {
    /// It may stand in: the upstream could not answer, or not in a form that can be read.
    case standsIn
    /// It is true no more, or not for this caller: the upstream said so.
    case isDisproved
    /// Nothing, and nobody asks for it: the call was not made to its end.
    case isUnsaid
}

extension Failure.Kind {
    package var ofEarlierReply: EarlierReply {
        switch self {
        case .serverError, .throttled, .connectionRefused, .connectionTerminated, .connectionTimeout, .dnsError,
            .tlsError, .replyIncomplete, .replyMalformed, .replyTooLarge, .contractBroken, .readTimeout, .circuitOpen,
            .noPlace, .noEndpoint, .deadlineExceeded:
            .standsIn
        case .recordNotFound, .wrongTenant, .unexpectedStatus:
            // 401 and 403 among them: who may not see a record must not get it from what is kept.
            .isDisproved
        case .cancelled, .clientGone, .overloaded, .draining, .internalError, .malformedRequest, .malformedParameter,
            .unauthenticated, .forbidden, .unknownRoute, .methodNotAllowed, .requestTimeout, .bodyTooLarge,
            .targetTooLong, .expectationFailed, .rateLimited, .headersTooLarge, .notImplemented, .versionNotSupported:
            .isUnsaid
        }
    }
}
