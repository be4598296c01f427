// A slow call is asked a second time, in the assembled gateway: what the client gets, what upstreams see, what is counted.

import Configuration
import StubUpstreams
import Support
import Testing

@Suite struct HedgingJourneyTests {
    /// The first call for the contact hangs; all others are answered.
    private static let script = Script(
        rules: [Rule(service: .crm, path: "/contacts/{id}", calls: .nth(1), .hang(after: nil))])

    private static func hedge(_ settings: inout Settings) {
        settings.tryOnce()
        settings.change("crm") { $0.hedge = .after(.milliseconds(50)) }
    }

    @Test func `an upstream that hangs once delays an answer by the hedge's time, not by the attempt's`() async throws {
        try await withGateway(script: Self.script, settings: Self.hedge) { gateway in
            let reply = try await gateway.get(Fixtures.active)
            let figures = try await gateway.figures()
            let left = await gateway.idle()

            #expect(reply.status == 200)
            #expect(!reply.has("Gateway-Parts"))
            #expect(gateway.stubs.calls(to: "/contacts/*", of: .crm).count == 2)
            #expect(figures.contains("gateway_hedges_total{upstream=\"crm\",outcome=\"won\"} 1\n"))
            #expect(figures.contains("gateway_hedges_total{upstream=\"conversations\",outcome=\"won\"} 0\n"))
            // What was asked twice was not tried again.
            #expect(figures.contains("gateway_upstream_retries_total{upstream=\"crm\",result=\"made\"} 0\n"))
            #expect(left.isEmpty)
        }
    }

    @Test func `what a request may cost holds for second attempts too`() async throws {
        try await withGateway(
            script: Self.script,
            settings: { settings in
                Self.hedge(&settings)
                settings.routes[0].upstreamCalls = 5
                settings.change("crm") { $0.timeouts.attempt = .milliseconds(500) }
            },
            { gateway in
                let reply = try await gateway.get(Fixtures.active)
                let figures = try await gateway.figures()

                expectError(reply, status: 504)
                #expect(gateway.stubs.calls(to: "/contacts/*", of: .crm).count == 1)
                #expect(figures.contains("gateway_hedges_total{upstream=\"crm\",outcome=\"refused\"} 1\n"))
            })
    }

    @Test func `a client that leaves ends both attempts`() async throws {
        try await withGateway(
            script: Script(rules: [Rule(service: .crm, path: "/contacts/{id}", .hang(after: nil))]),
            settings: Self.hedge,
            { gateway in
                let client = try gateway.begin(Fixtures.active)
                let areBoth = await eventually { gateway.stubs.calls(to: "/contacts/*", of: .crm).count == 2 }
                client.close()
                let left = await gateway.idle()

                #expect(areBoth)
                #expect(left.isEmpty)
            })
    }
}
