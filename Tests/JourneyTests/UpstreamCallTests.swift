// What upstreams are asked, to the last header: section 6 of the contract.

import Configuration
import StubUpstreams
import Support
import Testing

@Suite struct UpstreamCallTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let parent = "00-\(trace)-00f067aa0ba902b7-01"

    @Test func `makes five calls with the contract's headers and no others`() async throws {
        try await withGateway { gateway in
            _ = try await gateway.get(
                Fixtures.active,
                [
                    ("Cookie", "session=1"), ("X-Tenant-Id", Fixtures.tenantB), ("X-Forwarded-For", "10.1.2.3"),
                    ("Accept", "text/html"), ("Accept-Encoding", "gzip"), ("X-Custom", "1"), ("User-Agent", "client"),
                    ("Connection", "X-Custom"), ("Forwarded", "for=10.1.2.3"), ("X-User-Id", "1"),
                    ("X-Request-Deadline-Ms", "1"),
                ])

            let calls = gateway.stubs.calls
            let id = Fixtures.active.id
            #expect(
                Set(calls.map(\.target)) == [
                    "/conversations/\(id)", "/conversations/\(id)/messages", "/conversations/\(id)/attention-items",
                    "/contacts/\(Fixtures.active.contactID ?? "")", "/accounts/\(Fixtures.active.accountID ?? "")",
                ])
            #expect(calls.count == 5)
            for call in calls {
                let names = [
                    "host", "accept", "x-tenant-id", "x-request-id", "traceparent", "x-request-deadline-ms",
                    "user-agent", "forwarded", "x-gateway-hop",
                ]
                #expect(call.method == "GET")
                #expect(call.headers.map { $0.name.lowercased() }.sorted() == names.sorted())
                #expect(call.value("Accept") == "application/json")
                // Who is connected; what an untrusted client says of itself counts for nothing.
                #expect(call.value("Forwarded") == "for=127.0.0.1;proto=http")
                #expect(call.value("X-Tenant-Id") == Fixtures.tenantA)
                #expect(call.value("User-Agent")?.wholeMatch(of: /conversation-gateway\/\d+\.\d+\.\d+/) != nil)
                let left = call.value("X-Request-Deadline-Ms").flatMap { Int($0) } ?? -1
                #expect((1...20_000).contains(left))
            }
            #expect(Set(calls.map { $0.value("X-Request-Id") }).count == 1)
        }
    }

    @Test func `names the client that a trusted proxy names, and that alone`() async throws {
        let change: (String) -> String = {
            $0.replacing("admin:", with: "  trustedProxies: [127.0.0.0/8, 10.0.0.0/8]\nadmin:")
        }
        try await withGateway(configuration: change) { gateway in
            _ = try await gateway.get(
                Fixtures.active,
                [("X-Forwarded-For", "192.0.2.66, 2001:db8::1, 10.1.2.3"), ("X-Forwarded-Proto", "https")])

            let calls = gateway.stubs.calls
            #expect(calls.count == 5)
            #expect(calls.allSatisfy { $0.values("Forwarded") == ["for=\"[2001:db8::1]\";proto=https"] })
            #expect(calls.allSatisfy { $0.values("X-Forwarded-For").isEmpty && $0.values("X-Forwarded-Proto").isEmpty })
        }
    }

    @Test func `continues the client's trace with a new span for each call`() async throws {
        try await withGateway { gateway in
            let fields = [("traceparent", Self.parent), ("tracestate", "vendor=value,other=1")]
            _ = try await gateway.get(Fixtures.active, fields)

            let calls = gateway.stubs.calls
            let parents = calls.compactMap { $0.value("traceparent")?.split(separator: "-") }
            #expect(calls.allSatisfy { $0.value("tracestate") == "vendor=value,other=1" })
            #expect(parents.allSatisfy { $0.count == 4 && $0[0] == "00" && $0[1] == Self.trace && $0[3] == "01" })
            #expect(Set(parents.map { $0[2] }).count == 5)
            #expect(parents.allSatisfy { $0[2] != "00f067aa0ba902b7" && $0[2].wholeMatch(of: /[0-9a-f]{16}/) != nil })
        }
    }

    @Test(
        arguments: [
            "", "00-\(trace)-00f067aa0ba902b7", "ff-\(trace)-00f067aa0ba902b7-01", "00-\(trace)-0000000000000000-01",
            "00-\(trace.uppercased())-00f067aa0ba902b7-01", "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        ])
    func `begins a trace of its own for a malformed one, and drops its state`(_ parent: String) async throws {
        try await withGateway { gateway in
            _ = try await gateway.get(Fixtures.active, [("traceparent", parent), ("tracestate", "vendor=value")])

            let calls = gateway.stubs.calls
            let traces = Set(calls.compactMap { $0.value("traceparent")?.split(separator: "-")[1] })
            #expect(traces.count == 1)
            #expect(!traces.contains(Self.trace[...]))
            #expect(calls.allSatisfy { $0.values("tracestate").isEmpty })
        }
    }

    @Test func `sends an upstream's configured headers to it alone`() async throws {
        try await withGateway(
            settings: { settings in
                settings.tryOnce()
                settings.change("crm") { $0.headers = [.init(name: "Authorization", value: "Bearer service-token")] }
            },
            { gateway in
                let reply = try await gateway.get(Fixtures.active)

                #expect(reply.status == 200)
                let crm = gateway.stubs.calls(to: "*", of: .crm)
                #expect(crm.count == 2)
                #expect(crm.allSatisfy { $0.values("Authorization") == ["Bearer service-token"] })
                #expect(
                    gateway.stubs.calls(to: "*", of: .conversations).allSatisfy { $0.values("Authorization").isEmpty })
            })
    }

    @Test func `asks for the key's tenant`() async throws {
        try await withGateway { gateway in
            let reply = try await gateway.get(Fixtures.otherTenant, key: gateway.otherTenantsKey)

            #expect(reply.status == 200)
            #expect(gateway.stubs.calls.allSatisfy { $0.values("X-Tenant-Id") == [Fixtures.tenantB] })
        }
    }
}
