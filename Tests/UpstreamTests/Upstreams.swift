// Calls to stub upstreams by one client on one loop.

import CCurl
import Configuration
import Glibc
import Pipeline
import Resilience
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
        to endpoints: [UpstreamSettings.Endpoint]? = nil, _ change: (inout UpstreamSettings) -> Void = { _ in },
        telling: @escaping @Sendable (Attempt) -> Void = { _ in }
    ) -> UpstreamClient {
        var settings = UpstreamSettings(
            name: "conversations", endpoints: endpoints ?? [.url(stubs.conversationsURL)])
        // A busy machine must not turn an answer into a timeout; tests of timeouts say otherwise.
        settings.timeouts.connect = .seconds(20)
        settings.timeouts.attempt = .seconds(20)
        change(&settings)
        return UpstreamClient(settings, on: loop, userAgent: "conversation-gateway/test", attemptEnded: telling)
    }

    /// A client with the layer above it that chooses between `endpoints`, each of which gets so many calls at once.
    func balanced(_ endpoints: [UpstreamSettings.Endpoint], calls: Int? = nil) -> EndpointChoice {
        var settings = UpstreamSettings(name: "conversations", endpoints: endpoints)
        settings.timeouts.connect = .seconds(20)
        settings.timeouts.attempt = .seconds(20)
        let count = endpoints.count
        let limits = EndpointLimits(
            endpoints: count, calls: calls,
            circuit: CircuitRules.Limits(
                window: .seconds(10), calls: 1_000_000, failures: 1, open: .seconds(5), openMax: .seconds(60), probes: 3
            ),
            ejection: EjectionRules(endpoints: count, consecutive: 1_000_000, for: .seconds(30), most: 0.5),
            health: HealthRules(unhealthyAfter: 3, healthyAfter: 2))
        let view = EndpointView(of: Endpoints(limits), on: loop)
        return EndpointChoice(
            "conversations", view, on: loop,
            before: UpstreamClient(settings, on: loop, userAgent: "test", attemptEnded: view.ended))
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

extension EndpointChoice {
    func answer(_ call: Call) async throws -> Reply {
        var result: Result<Reply, Failure>?
        await withUnsafeContinuation { continuation in
            _ = begin(call) {
                result = $0
                continuation.resume()
            }
        }
        return try #require(result).get()
    }
}

/// A reply's body.
func text(of reply: Reply) -> String {
    withExtendedLifetime(reply.body) { String(decoding: reply.body.bytes, as: UTF8.self) }
}
