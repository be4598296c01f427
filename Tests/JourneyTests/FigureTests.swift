// What an operator's scrape tells of identity and tenancy while things happen.

import Configuration
import Foundation
import Gateway
import StubUpstreams
import Support
import Testing

@Suite(.timeLimit(.minutes(1))) struct FigureTests {
    @Test func `counts what is refused, and goes on over reloads that switch limits off and on`() async throws {
        try await withGateway(
            settings: { settings in
                settings.tryOnce()
                settings.rateLimit.requestsPerSecond = 1
                settings.rateLimit.burst = 1
                settings.auth.failures = AuthSettings.Failures()
                settings.auth.failures.perSecond = 1
                settings.auth.failures.burst = 1
            },
            { gateway in
                for key in [gateway.key, gateway.key, gateway.key, "sf_test_v1_nobody", gateway.otherTenantsKey] {
                    _ = try await gateway.get(Fixtures.active, key: key)
                }
                let before = try await figures(of: gateway)
                let on = gateway.gateway.settings
                var off = on
                off.rateLimit.isOff = true
                off.auth.failures.isOff = true
                try await gateway.gateway.reload(off)
                let during = try await figures(of: gateway)
                try await gateway.gateway.reload(on)
                let statuses = [
                    try await gateway.get(Fixtures.active, key: "sf_test_v1_nobody").status,
                    try await gateway.get(Fixtures.active, key: "sf_test_v1_nobody").status,
                ]
                let after = try await figures(of: gateway)

                #expect(try #require(before["gateway_rate_limited_total"]) >= 1)
                #expect(before["gateway_credentials_limited_total"] == 1)
                #expect(before[#"gateway_security_events_total{event="credential_refused"}"#] == 1)
                #expect(before[#"gateway_security_events_total{event="address_limited"}"#] == 1)
                #expect(before[#"gateway_security_events_total{event="wrong_tenant"}"#] == 0)
                #expect(before["gateway_redis_up"] == nil)
                // One of the two at least, as the one before was of this second or so.
                #expect(statuses.contains(429))
                let counters = before.filter { $0.key.hasPrefix("gateway") && $0.key.contains("_total") }
                for (name, value) in counters where !name.contains("reloads") {
                    #expect(during[name] == value, "\(name)")
                    #expect(try #require(after[name], "\(name)") >= value, "\(name)")
                }
            })
    }

    @Test func `tells how old an issuer's keys are, and that a file of keys could not be used`() async throws {
        let issuer = try TokenIssuer(tenant: Fixtures.tenantA)
        let server = try KeyServer(issuer.keySet())
        try await withTokens([(issuer.name, server.url, "")]) { gateway in
            let first = try await gateway.get(Fixtures.active, key: try issuer.token())
            let name = #"gateway_jwks_age_seconds{issuer="\#(issuer.name)"}"#
            let all = try await figures(of: gateway)
            let age = try #require(all[name])
            try Data("keys: [{ id: half".utf8).write(to: URL(filePath: gateway.folder + "/keys.yaml"))
            let isCounted = try await eventually {
                try await figures(of: gateway)[#"gateway_api_key_reloads_total{result="failure"}"#] == 1
            }

            #expect(first.status == 200)
            #expect((0...30).contains(age))
            #expect(all[#"gateway_jwks_usable{issuer="\#(issuer.name)"}"#] == 1)
            #expect(all[#"gateway_jwks_fetches_total{result="success"}"#] == 1)
            #expect(isCounted)
        }
    }

    @Test func `tells that an issuer's keys cannot be had`() async throws {
        let closed = try HeldPort()
        try await withTokens([("https://issuer.test", "http://127.0.0.1:\(closed.port)/keys", "")]) { gateway in
            let isCounted = try await eventually {
                try #require(try await figures(of: gateway)[#"gateway_jwks_fetches_total{result="failure"}"#]) >= 1
            }
            let all = try await figures(of: gateway)

            #expect(isCounted)
            #expect(all[#"gateway_jwks_usable{issuer="https://issuer.test"}"#] == 0)
            #expect(all[#"gateway_jwks_age_seconds{issuer="https://issuer.test"}"#] == nil)
        }
    }

    @Test func `tells how many keys are served`() async throws {
        try await withGateway { gateway in
            let before = try await figures(of: gateway)
            let file = gateway.folder + "/keys.yaml"
            let text = try String(contentsOfFile: file, encoding: .utf8)
            let last = try #require(text.range(of: "- ", options: .backwards)?.lowerBound)
            try Data(text[..<last].utf8).write(to: URL(filePath: file), options: .atomic)
            let isRead = try await eventually {
                let now = try await figures(of: gateway)
                return now["gateway_api_keys"] == 4 && now[#"gateway_api_key_reloads_total{result="success"}"#] == 1
            }

            #expect(before["gateway_api_keys"] == 5)
            #expect(isRead)
        }
    }

    @Test func `counts what keys lack, and records of other tenants`() async throws {
        let script = Script.parts(["contact": [.change(.wrongTenant)]])
        try await withGateway(script: script) { gateway in
            #expect(try await gateway.get(Fixtures.active, key: gateway.scopelessKey).status == 403)
            #expect(try await gateway.get(Fixtures.active).status == 502)
            let all = try await figures(of: gateway)

            #expect(all[#"gateway_security_events_total{event="scope_missing"}"#] == 1)
            #expect(all[#"gateway_security_events_total{event="wrong_tenant"}"#] == 1)
        }
    }

    @Test func `counts retries by upstream, whatever their settings become`() async throws {
        let script = Script.parts(["contact": [.status(503)]])
        try await withGateway(script: script, settings: { $0.tryOnce() }) { gateway in
            var settings = gateway.gateway.settings
            settings.change("crm") {
                $0.retries.attempts = 1
                $0.retries.minimum = 1
                $0.retries.budget = 0
            }
            try await gateway.gateway.reload(settings)
            for _ in 0..<2 { _ = try await gateway.get(Fixtures.active) }
            let before = try await figures(of: gateway)
            settings.change("crm") { $0.retries.attempts = 0 }
            try await gateway.gateway.reload(settings)
            let after = try await figures(of: gateway)

            let made = #"gateway_upstream_retries_total{upstream="crm",result="made"}"#
            let refused = #"gateway_upstream_retries_total{upstream="crm",result="refused"}"#
            #expect(before[made] == 1)
            #expect(before[refused] == 1)
            #expect(after[made] == 1 && after[refused] == 1)
            #expect(after[#"gateway_upstream_retries_total{upstream="conversations",result="made"}"#] == 0)
        }
    }
}

/// What a scrape tells, by name with labels.
func figures(of gateway: RunningGateway) async throws -> [String: Double] {
    let client = try Client(port: gateway.gateway.adminAddresses[0].port)
    defer { client.close() }
    try client.send("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
    let lines = try await client.reply().text.split(separator: "\n").filter { !$0.hasPrefix("#") }
    return lines.reduce(into: [:]) { figures, line in
        guard let space = line.lastIndex(of: " ") else { return }
        figures[String(line[..<space])] = Double(line[line.index(after: space)...])
    }
}
