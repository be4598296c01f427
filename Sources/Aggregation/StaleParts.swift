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
            switch failure.kind.ofEarlierReply {
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
