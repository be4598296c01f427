// For who may not see a conversation it does not exist: nothing in the answer tells why.

import StubUpstreams
import Support
import Testing

@Suite struct UnknownRecordTests {
    private static let body = "{\"error\":\"Conversation not found\"}"

    /// Without what differs from answer to answer anyway.
    private static func comparable(_ reply: HTTPReply) -> [String] {
        let changing = ["date", "x-request-id", "server-timing"]
        return ["\(reply.status)", reply.text]
            + reply.fields.filter { !changing.contains($0.name.lowercased()) }.map { "\($0.name): \($0.value)" }
    }

    @Test func `answers alike for an unknown id, another tenant's and another workspace's`() async throws {
        try await withGateway { gateway in
            let unknown = try await gateway.get("/api/conversations/\(Fixtures.unknown)")
            let othersToUs = try await gateway.get(Fixtures.otherTenant)
            let oursToOthers = try await gateway.get(Fixtures.active, key: gateway.otherTenantsKey)
            let elsewhere = try await gateway.get(Fixtures.elsewhere, key: gateway.workspaceKey)
            gateway.stubs.replace(script: .parts(["conversation": [.change(.wrongTenant)]]))
            let wrongTenant = try await gateway.get(Fixtures.active)

            expectError(unknown, status: 404, "Conversation not found")
            for other in [othersToUs, oursToOthers, elsewhere, wrongTenant] {
                #expect(Self.comparable(other) == Self.comparable(unknown))
                #expect(other.text == Self.body)
            }
        }
    }

    @Test func `lets a workspace's key see its own conversations, and a tenant's key all`() async throws {
        try await withGateway { gateway in
            let own = try await gateway.get(Fixtures.active, key: gateway.workspaceKey)
            let elsewhere = try await gateway.get(Fixtures.elsewhere)
            let others = try await gateway.get(Fixtures.otherTenant, key: gateway.otherTenantsKey)

            #expect([own, elsewhere, others].map(\.status) == [200, 200, 200])
        }
    }

    @Test func `answers a HEAD for an unknown id without a body`() async throws {
        try await withGateway { gateway in
            let reply = try await gateway.get("/api/conversations/\(Fixtures.unknown)", method: "HEAD")

            #expect(reply.status == 404)
            #expect(reply["Content-Length"] == String(Self.body.utf8.count))
        }
    }
}
