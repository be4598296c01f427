// Null, gone and failed are three things, and an answer says which.

import Configuration
import StubUpstreams
import Support
import Testing

@Suite struct MissingPartTests {
    @Test(
        arguments: [
            ("timeout", .hang(after: nil)), ("unreachable", .reset(.headers)), ("error", .status(503)),
            ("unavailable", .status(429)), ("invalid", .garbage(bytes: 100)), ("invalid", .change(.wrongTenant)),
        ] as [(String, Action)])
    func `answers without a part that may fail, and says so`(_ reason: String, _ action: Action) async throws {
        try await withGateway(
            script: .parts(["contact": [action]]),
            settings: { settings in
                settings.tryOnce()
                if reason == "timeout" { settings.change("crm") { $0.timeouts.attempt = .seconds(1) } }
                settings.change(part: "contact") { $0.onFailure = .null }
            },
            { gateway in
                let reply = try await gateway.get(Fixtures.active)

                #expect(reply.status == 200)
                #expect(reply.text.contains(",\"contact\":null,\"account\":{"))
                let parts = "conversation, messages, attentionItems, contact;missing=\(reason), account"
                #expect(reply["Gateway-Parts"] == parts)
                #expect(reply["Cache-Control"] == "no-store")
                #expect(!reply.text.contains("java"))
            })
    }

    @Test func `names each part that is missing, in the configured order`() async throws {
        try await withGateway(
            script: .parts(["account": [.status(500)], "messages": [.reset(.headers)]]),
            settings: { settings in
                settings.tryOnce()
                for part in ["messages", "account"] { settings.change(part: part) { $0.onFailure = .null } }
            },
            { gateway in
                let reply = try await gateway.get(Fixtures.active)

                #expect(reply.status == 200)
                #expect(reply.text.contains("\"messages\":null"))
                #expect(reply.text.hasSuffix(",\"account\":null}") || reply.text.contains("\"account\":null,"))
                let parts = "conversation, messages;missing=unreachable, attentionItems, contact, account;missing=error"
                #expect(reply["Gateway-Parts"] == parts)
            })
    }

    @Test func `does not answer an unknown conversation without it`() async throws {
        try await withGateway(
            settings: { settings in
                settings.tryOnce()
                settings.change(part: "messages") { $0.onFailure = .null }
            },
            { gateway in
                let reply = try await gateway.get("/api/conversations/\(Fixtures.unknown)")

                expectError(reply, status: 404, "Conversation not found")
            })
    }

    @Test func `takes a record that is gone for null, and the answer for whole`() async throws {
        try await withGateway { gateway in
            let reply = try await gateway.get(Fixtures.contactGone)

            #expect(reply.status == 200)
            #expect(reply.text.contains("\"contact\":null,\"account\":{"))
            #expect(!reply.has("Gateway-Parts"))
            #expect(reply["Cache-Control"] == "private, no-cache")
        }
    }

    @Test func `makes no call for a link that is null`() async throws {
        try await withGateway { gateway in
            let new = try await gateway.get(Fixtures.new)
            let crmCalls = gateway.stubs.calls(to: "*", of: .crm).count
            let consumer = try await gateway.get(Fixtures.consumer)

            #expect(new.text.contains("\"contact\":null,\"account\":null"))
            #expect(new.status == 200)
            #expect(!new.has("Gateway-Parts"))
            #expect(crmCalls == 0)
            #expect(consumer.text.contains("\"contact\":{"))
            #expect(consumer.text.contains("\"account\":null"))
            #expect(
                gateway.stubs.calls(to: "*", of: .crm).map(\.path) == ["/contacts/\(Fixtures.consumer.contactID ?? "")"]
            )
        }
    }
}
