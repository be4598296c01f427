// A plan with what it takes to run it.

package import JSON
package import Logging
package import Pipeline

/// Runs one plan, for one request after another or for many at once. Belongs to one fan-out loop.
package final class PlanRunner: Sendable {
    let plan: Plan
    /// By part: where its upstream's calls begin.
    let calls: [any Calls]
    let parser: Confined<JSONParser>
    /// By part: where replies of its upstream are kept, if they are.
    let stale: [StaleReplies.Upstream?]
    private let logger: Logger
    private let security: any SecurityWatch

    /// Must be made on the thread it will run on.
    /// - Parameters:
    ///   - upstreams: each upstream that the plan names.
    ///   - stale: where an upstream's replies are kept, for parts with `staleIfError`.
    package init(
        _ plan: Plan, upstreams: [String: any Calls], stale: [String: StaleReplies.Upstream] = [:],
        parser: Confined<JSONParser>, logger: Logger, security: any SecurityWatch
    ) {
        self.plan = plan
        calls = plan.parts.map { part in
            guard let calls = upstreams[part.upstream] else {
                preconditionFailure("The checked configuration names an upstream that is not there.")
            }
            return calls
        }
        self.stale = plan.parts.map { $0.staleIfError == nil ? nil : stale[$0.upstream] }
        self.parser = parser
        self.logger = logger
        self.security = security
    }

    /// Begins a run and returns at once. `end` is called exactly once, on the same thread, perhaps before this returns: with
    /// the merged answer's bytes, one JSON object, the same for the same replies; or with the failure of the part that
    /// decides; or with `clientGone`, if the run was cancelled, which ends it at once.
    package func begin(
        _ question: PlanQuestion, then end: @escaping (Result<[UInt8], Failure>) -> Void
    ) -> any RunningCall {
        let run = PlanRun(self, question)
        run.begin(then: end)
        return run
    }

    /// `contract.mode: warn` let something pass.
    func report(_ breaches: [String], of part: String, for question: PlanQuestion) {
        logger.warning(
            "A reply breaks the contract and was passed on.",
            metadata: [
                "request": "\(question.requestID)", "part": "\(part)",
                "breaches": "\(breaches.joined(separator: "; "))",
            ])
    }

    /// A record of another tenant came back: nobody saw it, but somebody must look into it.
    func reportWrongTenant(_ failure: Failure, for question: PlanQuestion) {
        security.note(
            SecurityEvent(
                .wrongTenant, requestID: question.requestID, client: question.client,
                credential: question.principal.credential, reason: failure.reason))
    }
}
