// What another configuration makes of the same program: no Swift is written for it.

import Configuration
import Foundation
import StubUpstreams
import Support
import Testing

@Suite struct ConfigurationJourneyTests {
    private static let secondRoute = """
          - name: contact
            path: /api/contacts/{id}
            parameters: { id: token }
            scopes: [contacts:read]
            deadline: 3s
            notFound: Contact not found
            parts:
              - { name: contact, upstream: crm, path: "/contacts/{id}", into: root, schema: Contact }
              - { name: account, upstream: crm, path: "/accounts/{contact.accountId}", schema: Account, onNotFound: "null" }

        """

    @Test func `serves a second route that only the configuration knows`() async throws {
        let change = { (text: String) in
            text.replacing(
                "telemetry:",
                with: Self.secondRoute.replacing("contacts:read", with: "conversations:read") + "telemetry:")
        }
        try await withGateway(configuration: change) { gateway in
            let conversation = try await gateway.get(Fixtures.active)
            gateway.stubs.forgetCalls()
            let path = "/api/contacts/\(Fixtures.active.contactID ?? "")"
            let contact = try await gateway.get(path)
            let unknown = try await gateway.get("/api/contacts/unknown")
            let others = try await gateway.get(path, key: gateway.otherTenantsKey)
            let malformed = try await gateway.get("/api/contacts/a.b")

            #expect(contact.status == 200)
            #expect(
                contact.text.hasPrefix(
                    "{\"id\":\"\(Fixtures.active.contactID ?? "")\",\"tenantId\":\"\(Fixtures.tenantA)\""))
            let account = (conversation.object?["account"] as? NSDictionary)
            #expect(account != nil && contact.object?["account"] as? NSDictionary == account)
            expectError(unknown, status: 404, "Contact not found")
            expectError(others, status: 404, "Contact not found")
            expectError(malformed, status: 400)
            #expect(gateway.stubs.calls(to: "*", of: .conversations).isEmpty)
        }
    }

    @Test func `asks for the scope of the route`() async throws {
        let change = { (text: String) in text.replacing("telemetry:", with: Self.secondRoute + "telemetry:") }
        try await withGateway(configuration: change) { gateway in
            let reply = try await gateway.get("/api/contacts/\(Fixtures.active.contactID ?? "")")

            expectError(reply, status: 403)
        }
    }

    @Test func `passes a reply on that breaks the contract where that is a warning`() async throws {
        try await withGateway(
            script: .parts(["messages": [.change(.without("content"))], "contact": [.change(.mistype("email"))]]),
            settings: { settings in
                settings.tryOnce()
                settings.contract.mode = .warn
            },
            { gateway in
                let reply = try await gateway.get(Fixtures.active)

                #expect(reply.status == 200)
                let messages = reply.object?["messages"] as? [[String: Any]] ?? []
                #expect(messages.first?["content"] is NSNull)
                #expect(messages.count == Fixtures.active.messages)
                #expect((reply.object?["contact"] as? [String: Any])?["email"] as? Int == 42)
            })
    }

    @Test(arguments: Part.all)
    func `passes no other tenant's record on, also where the contract only warns`(_ part: Part) async throws {
        let tenant = Action.change(.set("tenantId", to: "\"\(Fixtures.tenantB)\""))
        try await withGateway(
            script: Script(rules: [part.rule([tenant])]),
            settings: { settings in
                settings.tryOnce()
                settings.contract.mode = .warn
            },
            { gateway in
                let reply = try await gateway.get(Fixtures.resolved)

                expectError(reply, status: part.isRoot ? 404 : 502)
            })
    }

    @Test func `judges replies by the configured contract`() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/contract-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { Self.remove(folder) }
        let record =
            "{ type: object, required: [id], properties: { id: { type: string } }, additionalProperties: false }"
        let contract = """
            openapi: 3.1.0
            info: { title: Other, version: "1" }
            paths: {}
            components:
              schemas:
                Conversation:
                  type: object
                  required: [status, id]
                  properties:
                    status: { type: string }
                    id: { type: string }
                    contactId: { type: string }
                    accountId: { type: string }
                Message: \(record)
                AttentionItem: \(record)
                Contact: { type: object, required: [nickname], properties: { nickname: { type: string } } }
                Account: \(record)

            """
        try contract.write(toFile: folder + "/openapi.yaml", atomically: true, encoding: .utf8)
        try await withGateway(
            script: .parts(["contact": [.change(.set("nickname", to: "\"Z\""))]]),
            configuration: { $0 + "contract: { file: \"\(folder)/openapi.yaml\" }\n" },
            { gateway in
                let reply = try await gateway.get(Fixtures.active)
                gateway.stubs.replace(script: Script())
                let broken = try await gateway.get(Fixtures.active)

                #expect(reply.text.hasPrefix("{\"status\":\"active\",\"id\":\"\(Fixtures.active.id)\""))
                #expect(reply.text.contains("\"account\":{\"id\":\"\(Fixtures.active.accountID ?? "")\"}"))
                #expect(reply.text.contains("\"contact\":{\"nickname\":\"Z\""))
                expectError(broken, status: 502)
                #expect(broken["Proxy-Status"]?.contains("nickname") == true)
            })
    }

    private static func remove(_ folder: String) {
        do { try FileManager.default.removeItem(atPath: folder) } catch { Issue.record(error) }
    }
}
