// The contract that comes with the gateway.

import Foundation
import Testing

@testable import Configuration

@Suite struct ContractDocumentBuiltInTests {
    /// `WRITE_GOLDEN=1 swift test --filter BuiltIn` renews the copy after config/openapi.yaml was changed.
    @Test func `is config/openapi.yaml, byte for byte`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "config/openapi.yaml"), encoding: .utf8)

        if ProcessInfo.processInfo.environment["WRITE_GOLDEN"] == "1" {
            let copy = root.appending(path: "Sources/Configuration/Contract/BuiltInContract.swift")
            let old = try String(contentsOf: copy, encoding: .utf8)
            let head = try #require(old.firstRange(of: "#\"\"\"\n"))
            try #require(!text.contains("\"\"\"#"), "The text would end its own literal.")
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            // Indented as the formatter wants it, which the literal takes off again.
            let indented = lines.map { $0.isEmpty ? "" : "        " + $0 }.joined(separator: "\n")
            let new = old[..<head.upperBound] + indented + "\n        \"\"\"#\n}\n"
            try String(new).write(to: copy, atomically: true, encoding: .utf8)
        } else {
            let isCopy = BuiltInContract.text == text
            #expect(isCopy, "The built-in contract is not config/openapi.yaml; run the test with WRITE_GOLDEN=1.")
        }
    }

    @Test func `orders an answer as clients were promised`() {
        let order = ContractDocument.builtIn.memberOrder

        #expect(
            order == [
                "/api/conversations/{id}": [
                    "id", "tenantId", "workspaceId", "channelId", "contactId", "accountId", "status", "summary",
                    "subject",
                    "outcome", "messageCount", "lastMessageAt", "createdAt", "updatedAt", "contact", "account",
                    "messages",
                    "attentionItems",
                ]
            ])
    }

    @Test(arguments: [
        (
            "Conversation",
            ["id", "tenantId", "workspaceId", "channelId", "status", "messageCount", "createdAt", "updatedAt"], false
        ),
        ("Contact", ["id", "tenantId", "resolutionStatus", "createdAt", "updatedAt"], true),
        ("Account", ["id", "tenantId", "name", "resolutionStatus"], true),
        ("Message", ["id", "conversationId", "direction", "senderType", "content", "createdAt"], false),
        ("AttentionItem", ["id", "tenantId", "conversationId", "type", "status", "createdAt"], false),
        ("Identity", [], false),
        ("Attachment", [], false),
    ])
    func `asks of a reply what it must hold`(_ name: String, _ required: [String], _ passesUnlisted: Bool) throws {
        let schema = try #require(ContractDocument.builtIn.schemas[name])

        #expect(schema.members.filter(\.isRequired).map(\.name) == required)
        #expect(schema.passesUnlisted == passesUnlisted)
        // All else can be null, for so the gateway fills it in.
        let strict = schema.members.filter { !$0.isRequired && !$0.kinds.contains(.null) && $0.kinds != .array }
        #expect(strict.isEmpty)
    }

    @Test func `promises all members of an answer, and what they are`() throws {
        let schemas = ContractDocument.builtIn.schemas
        let answer = try #require(schemas["EnrichedConversation"])
        let conversation = try #require(schemas["Conversation"])

        #expect(answer.members.filter { !$0.isRequired }.isEmpty)
        #expect(answer.members.prefix(14).map(\.name) == conversation.members.map(\.name))
        #expect(answer.members.prefix(14).map(\.kinds) == conversation.members.map(\.kinds))
        #expect(answer.members.suffix(4).map { $0.schema?.name } == ["Contact", "Account", "Message", "AttentionItem"])
        #expect(answer.members.suffix(4).map(\.kinds) == [[.object, .null], [.object, .null], .array, .array])
    }

    @Test func `ties records to the conversation that was asked for`() {
        let tied = ContractDocument.builtIn.schemas.mapValues {
            $0.members.filter { $0.fromPath == "conversations" }.map(\.name)
        }

        let some = tied.filter { !$0.value.isEmpty }
        #expect(
            some == [
                "Conversation": ["id"], "Message": ["conversationId"], "AttentionItem": ["conversationId"],
            ])
    }
}
