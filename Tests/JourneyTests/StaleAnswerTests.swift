// An earlier answer in the place of a part that failed, in the assembled gateway.

import Configuration
import Gateway
import StubUpstreams
import Support
import Testing

@Suite struct StaleAnswerTests {
    /// From its second call on the CRM's contact behaves so.
    private static func contact(_ actions: Action..., from: Int = 2) -> Script {
        var rule = Rule(service: .crm, path: "/contacts/{id}", calls: .from(from))
        rule.actions = actions
        return Script(rules: [rule])
    }

    private static func allowStale(_ settings: inout Settings) {
        settings.tryOnce()
        for index in settings.routes[0].parts.indices {
            settings.routes[0].parts[index].staleIfError = .seconds(600)
        }
    }

    @Test func `stands in for a part that fails, and the answer says so`() async throws {
        try await withGateway(script: Self.contact(.status(503)), settings: Self.allowStale) { gateway in
            let fresh = try await gateway.get(Fixtures.active)
            let stale = try await gateway.get(Fixtures.active)
            let figures = try await gateway.figures()

            #expect(fresh["Cache-Control"] == "private, no-cache")
            #expect(stale.status == 200)
            #expect(stale.text == fresh.text)
            #expect(stale["Gateway-Parts"] == "conversation, messages, attentionItems, contact;stale=0, account")
            #expect(stale["Cache-Control"] == "no-store")
            #expect(figures.contains("gateway_stale_parts_total 1\n"))
            #expect(!figures.contains("gateway_stale_replies_bytes 0\n"))
        }
    }

    @Test func `comes within the deadline when a part hangs`() async throws {
        try await withGateway(script: Self.contact(.hang(after: nil)), settings: Self.allowStale) { gateway in
            let fresh = try await gateway.get(Fixtures.active)
            let stale = try await gateway.get(
                RunningGateway.path(Fixtures.active), [("X-Request-Timeout-Ms", "400")])

            #expect(fresh.status == 200)
            #expect(stale.status == 200)
            #expect(stale["Gateway-Parts"]?.contains("contact;stale=") == true)
        }
    }

    @Test func `is used only after all retries`() async throws {
        try await withGateway(
            script: Self.contact(.status(503)),
            settings: { settings in
                Self.allowStale(&settings)
                settings.change("crm") { $0.retries.attempts = 1 }
            },
            { gateway in
                _ = try await gateway.get(Fixtures.active)
                let stale = try await gateway.get(Fixtures.active)

                #expect(stale.status == 200)
                #expect(gateway.stubs.calls(to: "/contacts/*", of: .crm).count == 3)
            })
    }

    @Test func `is nobody else's`() async throws {
        try await withGateway(script: Self.contact(.status(503)), settings: Self.allowStale) { gateway in
            let fresh = try await gateway.get(Fixtures.active)
            let narrower = try await gateway.get(Fixtures.active, key: gateway.workspaceKey)
            let other = try await gateway.get(Fixtures.active, key: gateway.otherTenantsKey)

            #expect(fresh.status == 200)
            expectError(narrower, status: 502)
            expectError(other, status: 404, "Conversation not found")
        }
    }

    @Test func `does not outlive a change of its upstream, but one of other things`() async throws {
        try await withGateway(script: Self.contact(.status(503)), settings: Self.allowStale) { gateway in
            _ = try await gateway.get(Fixtures.active)
            var settings = gateway.gateway.settings
            settings.server.limits.inFlight = 500
            try await gateway.gateway.reload(settings)
            let same = try await gateway.get(Fixtures.active)
            settings.change("crm") { $0.headers = [.init(name: "X-Service", value: "other")] }
            try await gateway.gateway.reload(settings)
            let changed = try await gateway.get(Fixtures.active)

            #expect(same["Gateway-Parts"]?.contains("contact;stale=") == true)
            expectError(changed, status: 502)
        }
    }
}
