// What the layer of coalescing is tested on: a scripted wire below it, a made-up clock, and callers with rights of their own.

import Pipeline
import Testing

@testable import Resilience

/// The layer with its wire, and what became of each call.
final class CoalescingBench {
    let loop = ScriptedLoop()
    let wire: ScriptedWire
    let layer: Coalescing
    let count = SharedCount()
    /// How each caller's call ended, by its id, in the order of ends.
    private(set) var ends: [String] = []

    /// - Parameter retries: below it; nil: there are none.
    init(retries: Int? = nil) {
        wire = ScriptedWire(on: loop)
        var next: any Calls = wire
        if let retries {
            next = Retries(
                attempts: retries, backoff: Backoff(base: .zero, cap: .zero),
                within: SharedRetryBudget(RetryBudget(share: 0, minimum: 100)), of: Endpoints(limits()), on: loop,
                before: wire)
        }
        layer = Coalescing("crm", attempt: .milliseconds(800), count: count, on: loop, before: next)
    }

    /// Whoever asks: tenant `t`, one scope, all workspaces, unless said otherwise.
    static func someone(
        tenant: String = "t", scopes: Set<String> = ["read"], workspace: String? = nil, key: String = "k"
    ) -> Principal {
        Principal(tenant: tenant, scopes: scopes, workspace: workspace, credential: key)
    }

    @discardableResult
    func begin(
        _ id: String, _ path: String = "/contacts/1", by principal: Principal? = someone(),
        within time: Duration = .seconds(3), then: @escaping (Result<Reply, Failure>) -> Void = { _ in }
    ) throws -> (any RunningCall)? {
        let trace = try #require(
            Trace(traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", tracestate: nil))
        let asker = Call.Asker(tenant: principal?.tenant ?? "t", principal: principal, requestID: id, trace: trace)
        let call = Call(part: "contact", path: path, asker: asker, deadline: loop.now + time)
        return layer.begin(call) { [self] in
            ends.append("\(id): \($0.name)")
            then($0)
        }
    }

    /// Ends the exchange that began first of those still under way.
    func finish(_ result: Result<Reply, Failure>) { wire.begun.first { !$0.hasEnded }?.finish(result) }
}
