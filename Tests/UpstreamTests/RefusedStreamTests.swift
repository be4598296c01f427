// HTTP/2 over TLS, where a server refuses a stream: what was asked was not looked at, and may be asked again (RFC 9113,
// section 8.7). By whom is for the layer above to decide, not for libcurl.

import Configuration
import Pipeline
import Resilience
import StubUpstreams
import Support
import Testing
import Upstream

@Suite(.timeLimit(.minutes(1)))
struct RefusedStreamTests {
    private struct End: Sendable {
        let status: Int?
        let attempts: Int
        let failure: Failure?
        let streams: Int
    }

    /// What comes of one call to a server that refuses so many streams.
    /// - Parameter retries: 0: nobody above libcurl tries again.
    private func end(refusing count: Int, retries: Int) async throws -> End {
        let certificates = try await TestCertificates()
        let server = try await RefusingServer.start(certificates.make("server"), refusing: count)
        let tls = UpstreamTLS(ca: certificates.authority), address = "https://localhost:\(server.port)"
        let (reply, failure) = try await withUpstreams { upstreams in
            let client = upstreams.client(to: [.url(address)]) { ($0.wireProtocol, $0.tls) = (.h2, tls) }
            let calls: any Calls = retries > 0 ? Self.retries(retries, upstreams.loop, client) : client
            var result: Result<Reply, Failure>?
            let call = try upstreams.call()
            await withUnsafeContinuation { continuation in
                _ = calls.begin(call) {
                    result = $0
                    continuation.resume()
                }
            }
            switch try #require(result) {
            case .success(let reply): return ((reply.status, reply.attempts) as (Int, Int)?, nil as Failure?)
            case .failure(let failure): return (nil, failure)
            }
        }
        try await server.stop()
        return End(
            status: reply?.0, attempts: reply?.1 ?? failure?.attempts ?? 0, failure: failure, streams: server.streams)
    }

    private static func retries(_ attempts: Int, _ loop: FanOutLoop, _ client: UpstreamClient) -> any Calls {
        let limits = EndpointLimits(
            endpoints: 1, calls: nil,
            circuit: CircuitRules.Limits(
                window: .seconds(10), calls: 100, failures: 1, open: .seconds(5), openMax: .seconds(60), probes: 3),
            ejection: EjectionRules(endpoints: 1, consecutive: 100, for: .seconds(30), most: 0.5),
            health: HealthRules(unhealthyAfter: 3, healthyAfter: 2))
        return Retries(
            attempts: attempts, backoff: Backoff(base: .milliseconds(5), cap: .milliseconds(10)),
            within: SharedRetryBudget(RetryBudget(share: 0, minimum: 10)), of: Endpoints(limits), on: loop,
            before: client)
    }

    @Test func `a refused stream is asked for again`() async throws {
        let end = try await end(refusing: 1, retries: 2)

        #expect(end.status == 200)
        #expect(end.attempts == 2)
        #expect(end.streams == 2)
    }

    @Test func `it is asked for as often as is said and not oftener`() async throws {
        let end = try await end(refusing: 100, retries: 2)

        #expect(end.failure?.kind == .connectionTerminated)
        #expect(end.attempts == 3)
        #expect(end.streams == 3)
    }

    @Test func `libcurl asks for it once, and says that it may be asked again`() async throws {
        let end = try await end(refusing: 1, retries: 0)

        #expect(end.failure?.kind == .connectionTerminated)
        #expect(end.failure?.retry == .ifIdempotent)
        // Its server meant it: no connection was dead.
        #expect(end.failure?.isOfKeptConnection == false)
        #expect(end.streams == 1)
    }
}
