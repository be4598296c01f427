// Who may ask, and what a stranger learns: nothing.

import StubUpstreams
import Support
import Testing

@Suite struct CredentialTests {
    @Test func `answers 401 alike to whoever has no good credential`() async throws {
        try await withGateway { gateway in
            let key = gateway.key
            let last = key.last == "A" ? "B" : "A"
            let values: [String?] = [
                nil, "", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", key, "Bearer x", "Bearer \(key.dropLast())",
                "Bearer \(key.dropLast())\(last)", "Bearer \(key) \(key)", "Bearer \(key),", "Token \(key)",
                "Bearer \(key.replacing("sf_test_", with: "sf_live_"))", "Bearer eyJhbGciOiJub25lIn0.e30.",
                "Bearer \(String(repeating: "x", count: 9000))",
            ]
            for value in values {
                let fields = value.map { [("Authorization", $0)] } ?? []
                let reply = try await gateway.get(RunningGateway.path(Fixtures.active), key: "", fields)

                expectError(reply, status: 401, "Authentication required", "\(value?.prefix(20) ?? "none")")
                #expect(reply["WWW-Authenticate"] == "Bearer")
                #expect(!reply.has("Proxy-Status"))
            }
            #expect(gateway.stubs.calls.isEmpty)
        }
    }

    @Test func `takes the scheme in any case`() async throws {
        try await withGateway { gateway in
            let fields = [("Authorization", "bEARER \(gateway.key)")]
            let reply = try await gateway.get(RunningGateway.path(Fixtures.active), key: "", fields)

            #expect(reply.status == 200)
        }
    }

    @Test func `answers 400 to two credentials`() async throws {
        try await withGateway { gateway in
            let fields = [("Authorization", "Bearer \(gateway.otherTenantsKey)")]
            let reply = try await gateway.get(Fixtures.active, fields)

            expectError(reply, status: 400)
            #expect(gateway.stubs.calls.isEmpty)
        }
    }

    @Test func `answers 403 to a key without the scope`() async throws {
        try await withGateway { gateway in
            let reply = try await gateway.get(Fixtures.active, key: gateway.scopelessKey)

            expectError(reply, status: 403)
            #expect(reply["Proxy-Status"]?.hasPrefix("conversation-gateway; error=http_request_denied") == true)
            #expect(gateway.stubs.calls.isEmpty)
        }
    }

    @Test func `does not tell a stranger which paths there are`() async throws {
        try await withGateway { gateway in
            for path in ["/", "/nowhere", "/api/conversations/malformed", RunningGateway.path(Fixtures.active)] {
                for method in ["GET", "DELETE"] {
                    let reply = try await gateway.get(path, method: method, key: "")

                    expectError(reply, status: 401, "Authentication required", "\(method) \(path)")
                }
            }
        }
    }

    @Test func `does not name the tenant or the key in a refusal`() async throws {
        try await withGateway { gateway in
            let reply = try await gateway.get(Fixtures.active, key: gateway.scopelessKey)

            let all = reply.fields.map(\.value).joined() + reply.text
            #expect(!all.contains(Fixtures.tenantA))
            #expect(!all.contains(gateway.scopelessKey))
        }
    }
}
