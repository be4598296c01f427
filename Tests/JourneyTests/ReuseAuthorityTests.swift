// Answers that are given again: to nobody who might not have got them anew.

import Configuration
import Gateway
import Identity
import StubUpstreams
import Support
import Testing

extension ReuseTests {
    @Test func `another tenant, other scopes, another workspace, another id get a run of their own`() async throws {
        try await withGateway(settings: Self.reusing()) { gateway in
            let path = RunningGateway.path(Fixtures.active)
            _ = try await gateway.get(path)
            var counts: [Int] = []
            var statuses: [Int] = []
            for (path, key) in [
                (path, gateway.otherTenantsKey), (path, gateway.explainingKey), (path, gateway.workspaceKey),
                (RunningGateway.path(Fixtures.long), gateway.key), (path.uppercased(), gateway.key),
            ] {
                let reply = try await gateway.get(path, key: key)
                statuses.append(reply.status)
                counts.append(runs(gateway))
            }

            #expect(statuses == [404, 200, 200, 200, 404])
            // The last one has no route.
            #expect(counts == [2, 3, 4, 5, 5])
            let roots = gateway.stubs.calls.filter { $0.path == "/conversations/\(Fixtures.active.id)" }
            #expect(Set(roots.map { $0.value("X-Tenant-Id") }) == [Fixtures.tenantA, Fixtures.tenantB])
        }
    }

    @Test func `who may not ask gets nothing, though it is there`() async throws {
        try await withGateway(settings: Self.reusing()) { gateway in
            _ = try await gateway.get(Fixtures.active)
            let scopeless = try await gateway.get(Fixtures.active, key: gateway.scopelessKey)
            let stranger = try await gateway.get(Fixtures.active, key: "")
            let late = try await gateway.get(Fixtures.active, [("X-Request-Timeout-Ms", "soon")])
            _ = try KeyFile.revoke("a", in: gateway.folder + "/keys.yaml")

            expectError(scopeless, status: 403)
            expectError(stranger, status: 401)
            expectError(late, status: 400)
            #expect(try await eventually { try await gateway.get(Fixtures.active).status == 401 })
            #expect(runs(gateway) == 1)
        }
    }

    @Test func `what is given again is within the tenant's rate`() async throws {
        let settings = Self.reusing { settings in
            settings.rateLimit.requestsPerSecond = 1
            settings.rateLimit.burst = 3
        }
        try await withGateway(settings: settings) { gateway in
            let client = try Client(port: gateway.port)
            defer { client.close() }
            try client.send(String(repeating: gateway.request(RunningGateway.path(Fixtures.active)), count: 20))
            var statuses: [Int] = []
            for _ in 0..<20 { statuses.append(try await client.reply().status) }

            #expect(statuses.prefix(3) == [200, 200, 200])
            // A token or two may have come back in the meantime.
            #expect(statuses.count { $0 == 429 } >= 10)
            #expect(runs(gateway) == 1)
        }
    }
}
