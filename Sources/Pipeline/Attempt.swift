// What is told of each attempt of a call when it ends, for those who judge an upstream by it.

/// One attempt that was begun and has ended.
package struct Attempt {
    /// What it says about the endpoint.
    package enum Verdict: Sendable, Equatable {
        case succeeded
        /// A 5xx, a timeout, or a failure on the way.
        case failed
        /// Not a byte had come when a later attempt of the same call was answered. It may have hung, or been a bit slower.
        case beaten
        /// Nothing: it was cancelled, or its client gave it less time than the endpoint may take.
        case untold
    }

    /// Which of the upstream's endpoints it went to.
    package let endpoint: Int
    /// As in `Call`.
    package let ticket: Int
    /// Its tenant's, see `Lanes`.
    package let lane: Int
    package let verdict: Verdict
    /// From its beginning to its end.
    package let time: Duration
    /// What somebody has to mend; nil: nothing is known to be amiss.
    package let trouble: Trouble?

    package init(
        endpoint: Int, ticket: Int, lane: Int = 0, verdict: Verdict, time: Duration, trouble: Trouble? = nil
    ) {
        self.endpoint = endpoint
        self.ticket = ticket
        self.lane = lane
        self.verdict = verdict
        self.time = time
        self.trouble = trouble
    }
}

/// Why an endpoint cannot be called, where that is not a matter of its health: a certificate, a name, a file.
package struct Trouble: Sendable, Equatable {
    /// One of few sentences.
    package let reason: String
    /// libcurl's own, for the operator: it may name hosts and files.
    package let complaint: String

    package init(reason: String, complaint: String) {
        self.reason = reason
        self.complaint = complaint
    }

    /// Nil: the attempt had no such end.
    package init?(_ result: Result<Reply, Failure>, complaint: @autoclosure () -> String) {
        guard case .failure(let failure) = result, failure.kind == .tlsError || failure.kind == .dnsError else {
            return nil
        }
        self.init(reason: failure.reason, complaint: complaint())
    }
}

extension Failure {
    /// What an attempt that ended so says about its endpoint.
    /// - Parameter hadItsTime: false: a timeout came sooner than the upstream's own settings would have it.
    package func verdict(hadItsTime: Bool) -> Attempt.Verdict {
        switch kind {
        case .connectionRefused, .connectionTerminated, .dnsError, .tlsError, .replyIncomplete, .replyMalformed,
            .serverError:
            return .failed
        case .connectionTimeout, .readTimeout:
            return hadItsTime ? .failed : .untold
        case .unexpectedStatus, .throttled, .recordNotFound, .replyTooLarge, .contractBroken, .wrongTenant:
            // It answered; what it said is not a matter of its health.
            return .succeeded
        case .cancelled, .clientGone, .circuitOpen, .noPlace, .noEndpoint, .deadlineExceeded, .overloaded, .draining,
            .internalError, .malformedRequest, .malformedParameter, .unauthenticated, .forbidden, .unknownRoute,
            .methodNotAllowed, .requestTimeout, .bodyTooLarge, .targetTooLong, .expectationFailed, .rateLimited,
            .headersTooLarge, .notImplemented, .versionNotSupported:
            return .untold
        }
    }
}

/// Some of an upstream's endpoints, by their places in the configuration.
package struct EndpointSet: Sendable, Equatable {
    /// An upstream has no more: one bit of a word each.
    package static let most = 64

    private var bits: UInt64

    package init() { bits = 0 }

    /// The first so many.
    package init(first count: Int) { bits = count >= Self.most ? .max : (1 << UInt64(count)) - 1 }

    package var isEmpty: Bool { bits == 0 }
    package var count: Int { bits.nonzeroBitCount }

    package func contains(_ place: Int) -> Bool { bits & 1 << UInt64(place) != 0 }
    package mutating func insert(_ place: Int) { bits |= 1 << UInt64(place) }
    package mutating func remove(_ place: Int) { bits &= ~(1 << UInt64(place)) }

    package mutating func formUnion(_ others: EndpointSet) { bits |= others.bits }

    package func subtracting(_ others: EndpointSet) -> EndpointSet {
        var rest = self
        rest.bits &= ~others.bits
        return rest
    }

    /// The `index`th of them, from 0.
    package subscript(index: Int) -> Int {
        var rest = bits
        for _ in 0..<index { rest &= rest - 1 }
        return rest.trailingZeroBitCount
    }
}
