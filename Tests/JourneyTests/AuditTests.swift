// Who tries what they may not do is written down, without what they tried it with, and is not listened to for ever.

import Configuration
import StubUpstreams
import Support
import Testing

@Suite struct AuditTests {
    @Test func `writes down refused credentials, and never what was presented`() async throws {
        let log = LogLines()
        try await withGateway(log: log) { gateway in
            let secret = "sf_test_v1_" + String(repeating: "s", count: 43)
            let live = gateway.key.replacing("sf_test", with: "sf_live")
            for credential in [secret, "eyJhbGciOiJub25lIn0.e30.c2VjcmV0", live] {
                let reply = try await gateway.get(Fixtures.active, key: credential, [("X-Request-Id", "r-1")])
                expectError(reply, status: 401)
            }
            _ = try await gateway.get(Fixtures.active, key: gateway.scopelessKey, [("X-Request-Id", "r-2")])
            _ = try await gateway.get(Fixtures.active, key: "")

            let lines = log.lines.filter { $0.contains("Security event.") }
            #expect(lines.count == 4, "\(log.lines)")
            for line in lines.prefix(3) {
                #expect(line.hasPrefix("warning Security event. client=127.0.0.1 event=credential_refused reason="))
                #expect(line.hasSuffix(" request=r-1"))
            }
            let last = "warning Security event. client=127.0.0.1 credential=none event=scope_missing reason="
            #expect(lines.last?.hasPrefix(last) == true)
            #expect(!log.lines.contains { $0.contains("ssss") || $0.contains("c2VjcmV0") || $0.contains("sf_") })
        }
    }

    @Test func `writes down records of another tenant`() async throws {
        let log = LogLines()
        let script = Script.parts(["contact": [.change(.wrongTenant)]])
        try await withGateway(script: script, log: log) { gateway in
            let reply = try await gateway.get(Fixtures.active, [("X-Request-Id", "r-1")])

            expectError(reply, status: 502)
            let line = log.lines.first { $0.contains("Security event.") }
            #expect(line?.hasPrefix("error Security event. client=127.0.0.1 credential=a event=wrong_tenant") == true)
            #expect(line?.hasSuffix(" request=r-1") == true)
        }
    }

    @Test func `does not look at credentials of an address that had too many refused`() async throws {
        let log = LogLines()
        try await withGateway(
            settings: { settings in
                settings.tryOnce()
                settings.auth.failures = AuthSettings.Failures()
                settings.auth.failures.perSecond = 1
                settings.auth.failures.burst = 3
                settings.server.trustedProxies = ["127.0.0.0/8"].compactMap { Network($0) }
            }, log: log,
            { gateway in
                func status(from client: String, key: String) async throws -> HTTPReply {
                    try await gateway.get(Fixtures.active, key: key, [("X-Forwarded-For", client)])
                }
                for _ in 0..<3 {
                    let refused = try await status(from: "2001:db8::1", key: "nobody")
                    #expect(refused.status == 401)
                }
                let bad = try await status(from: "2001:db8::1", key: "nobody")
                // The same network of one subscriber, and a good key: it is not even looked at.
                let good = try await status(from: "2001:db8::ffff:2", key: gateway.key)
                let elsewhere = try await status(from: "2001:db8:0:1::1", key: gateway.key)
                let without = try await status(from: "2001:db8::1", key: "")

                expectError(bad, status: 429, "Too many requests")
                expectError(good, status: 429, "Too many requests")
                #expect(bad["Retry-After"] == "1")
                #expect(!bad.has("RateLimit-Limit"))
                #expect(elsewhere.status == 200)
                // Nothing was presented, so there is nothing to be guessed.
                #expect(without.status == 401)
                #expect(log.lines.contains { $0.contains("event=address_limited") })
                let isForgiven = try await eventually {
                    try await status(from: "2001:db8::1", key: gateway.key).status == 200
                }
                #expect(isForgiven)
            })
    }
}
