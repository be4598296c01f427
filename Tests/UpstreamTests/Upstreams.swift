// Calls to stub upstreams by one client on one loop.

import CCurl
import Configuration
import Glibc
import Pipeline
import StubUpstreams
import Testing
import Upstream

/// Stubs and a loop, while `work` runs on it. Afterwards nothing is left of them.
func withUpstreams<Result: Sendable>(
    _ rules: Rule..., work: @escaping @Sendable (Upstreams) async throws -> Result
) async throws -> Result {
    let stubs = try await StubUpstreams.start(script: Script(rules: rules))
    do {
        let result = try await onLoop { loop in
            let result = try await work(Upstreams(loop: loop, stubs: stubs))
            #expect(loop.inventory.transfers == 0)
            return result
        }
        try await stubs.stop()
        return result
    } catch {
        try await stubs.stop()
        throw error
    }
}

struct Upstreams: Sendable {
    let loop: FanOutLoop
    let stubs: StubUpstreams

    static let conversation = "/conversations/\(Fixtures.active.id)"

    /// A client of the conversations service, or of `endpoints`.
    func client(
        to endpoints: [UpstreamSettings.Endpoint]? = nil, _ change: (inout UpstreamSettings) -> Void = { _ in }
    ) -> UpstreamClient {
        var settings = UpstreamSettings(
            name: "conversations", endpoints: endpoints ?? [.url(stubs.conversationsURL)])
        // A busy machine must not turn an answer into a timeout; tests of timeouts say otherwise.
        settings.timeouts.connect = .seconds(20)
        settings.timeouts.attempt = .seconds(20)
        change(&settings)
        return UpstreamClient(settings, on: loop, userAgent: "conversation-gateway/test")
    }

    func call(
        _ path: String = conversation, id: String = "request-1", within time: Duration = .seconds(30),
        traceparent: String = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", tracestate: String? = nil
    ) throws -> Call {
        let trace = try #require(Trace(traceparent: traceparent, tracestate: tracestate))
        let asker = Call.Asker(tenant: Fixtures.tenantA, requestID: id, trace: trace)
        return Call(part: "conversation", path: path, asker: asker, deadline: loop.now + time)
    }
}

/// A reply's body.
func text(of reply: Reply) -> String {
    withExtendedLifetime(reply.body) { String(decoding: reply.body.bytes, as: UTF8.self) }
}
