// A plan with what it takes to run it.

package import JSON
package import Logging
package import Pipeline

/// Runs one plan, for one request after another or for many at once. Belongs to one fan-out loop.
package final class PlanRunner: Sendable {
    let plan: Plan
    /// By part: the stack of its upstream.
    let services: [any Service<Call, Reply>]
    let parser: Confined<JSONParser>
    private let logger: Logger

    /// Must be made on the thread it will run on.
    /// - Parameter upstreams: the stack of each upstream that the plan names.
    package init(
        _ plan: Plan, upstreams: [String: any Service<Call, Reply>], parser: Confined<JSONParser>, logger: Logger
    ) {
        self.plan = plan
        services = plan.parts.map { part in
            guard let service = upstreams[part.upstream] else {
                preconditionFailure("The checked configuration names an upstream that is not there.")
            }
            return service
        }
        self.parser = parser
        self.logger = logger
    }

    /// The merged answer's bytes: one JSON object, the same for the same replies.
    /// - Throws: the failure of the part that decides, or `clientGone`.
    package func answer(_ question: PlanQuestion) async throws(Failure) -> [UInt8] {
        try await PlanRun(self, question).answer()
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
        logger.error(
            "An upstream answered with a record of another tenant.",
            metadata: [
                "request": "\(question.requestID)", "credential": "\(question.principal.credential)",
                "reason": "\(failure.reason)", "event": "security",
            ])
    }
}
