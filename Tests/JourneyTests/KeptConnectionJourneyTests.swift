// Kept connections that are gone when they are asked: a firewall forgot them, or the service was restarted.

import Configuration
import StubUpstreams
import Support
import Testing

@Suite struct KeptConnectionJourneyTests {
    @Test func `kept connections that end when they are asked cost nobody the answer, no budget and no circuit`()
        async throws
    {
        let script = Script(rules: [Rule(service: .crm, reused: true, .reset(.headers))])
        try await withGateway(
            script: script,
            settings: { settings in
                settings.tryOnce()
                settings.change("crm") {
                    ($0.retries.attempts, $0.retries.budget, $0.retries.minimum) = (1, 0, 0)
                    $0.circuit.calls = 5
                }
            }
        ) { gateway in
            // Two connections are there for the calls to contact and account from the first request on.
            var statuses: [Int] = []
            for _ in 0..<20 { statuses.append(try await gateway.get(Fixtures.active).status) }
            let figures = try await gateway.figures()

            #expect(statuses.allSatisfy { $0 == 200 })
            let reset = gateway.stubs.calls(to: "/contacts/{id}").filter { $0.ordinal > 1 }
            #expect(reset.count > 5)
            #expect(figures.contains(#"gateway_upstream_retries_total{upstream="crm",result="made"} 0"#))
            #expect(figures.contains(#"cause="afresh",result="success"#))
            #expect(!figures.contains(#"cause="retry""#))
        }
    }
}
