// What `staleIfError` does in a run: good replies are kept, and one of them stands in for a part that failed for good.

internal import Configuration
internal import Pipeline

extension PlanRun {
    /// Keeps what was good, and exchanges what failed for what was good before.
    ///
    /// By then everything that could still have brought a fresh reply has been done: this is above the retries. It takes no
    /// time that a deadline would have to leave, but the check of one reply.
    /// - Parameters:
    ///   - end: how the call ended.
    ///   - outcome: what that was good for.
    func standIn(
        _ part: Int, _ path: String, _ end: Result<Reply, Failure>, _ outcome: Result<RequestRecord.Outcome, Failure>,
        _ segments: [Expectation.Segment]
    ) -> Result<RequestRecord.Outcome, Failure> {
        guard let limit = plan.parts[part].staleIfError, let upstream = runner.stale[part] else { return outcome }
        let replies = upstream.all.value
        let key = StaleReplies.Key(
            upstream: upstream.number, tenant: question.principal.tenant, workspace: question.principal.workspace,
            scopes: question.principal.scopes, path: path)
        switch (outcome, end) {
        case (.success(.fetched), .success(let reply)):
            replies.keep(reply.body, for: key, at: .now)
        case (.success, _):
            // There is no such record any more.
            replies.disown(key)
        case (.failure(let failure), _):
            switch failure.kind.whatWasKept {
            case .isUnsaid: break
            case .isDisproved: replies.disown(key)
            case .standsIn:
                guard let kept = replies.find(key, notOlderThan: limit, at: .now) else { break }
                do throws(Failure) {
                    try take(kept.body, for: part, segments)
                    replies.countReplaced()
                    return .success(.stale(failure.kind, age: kept.age))
                } catch {
                    // It fits no more; the part's own failure is what is to be told.
                    replies.forget(key)
                }
            }
        }
        return outcome
    }
}

/// What a failure says about a reply that came earlier.
private enum Kept {
    /// It may stand in: the upstream could not answer, or not in a form that can be read.
    case standsIn
    /// It is true no more, or not for this caller: the upstream said so.
    case isDisproved
    /// Nothing, and nobody asks for it: the call was not made to its end.
    case isUnsaid
}

extension Failure.Kind {
    fileprivate var whatWasKept: Kept {
        switch self {
        case .serverError, .throttled, .connectionRefused, .connectionTerminated, .connectionTimeout, .dnsError,
            .tlsError, .replyIncomplete, .replyMalformed, .replyTooLarge, .contractBroken, .readTimeout, .circuitOpen,
            .noPlace, .noEndpoint, .deadlineExceeded:
            .standsIn
        case .recordNotFound, .wrongTenant, .unexpectedStatus:
            // 401 and 403 among them: who may not see a record must not get it from here.
            .isDisproved
        case .cancelled, .clientGone, .overloaded, .draining, .internalError, .malformedRequest, .malformedParameter,
            .unauthenticated, .forbidden, .unknownRoute, .methodNotAllowed, .requestTimeout, .bodyTooLarge,
            .targetTooLong, .expectationFailed, .rateLimited, .headersTooLarge, .notImplemented, .versionNotSupported:
            .isUnsaid
        }
    }
}
