// Plans from configuration texts, and replies for them.

import Configuration

@testable import Aggregation

enum PlanSamples {
    /// The parts of the product's own route.
    static let parts = """
        - { name: conversation, upstream: conversations, path: "/conversations/{id}", into: root, schema: Conversation }
        - { name: messages, upstream: conversations, path: "/conversations/{id}/messages", select: data, schema: "[Message]" }
        - { name: attentionItems, upstream: conversations, path: "/conversations/{id}/attention-items", select: data, schema: "[AttentionItem]" }
        - { name: contact, upstream: crm, path: "/contacts/{conversation.contactId}", schema: Contact, onNotFound: "null" }
        - { name: account, upstream: crm, path: "/accounts/{conversation.accountId}", schema: Account, onNotFound: "null" }
        """

    /// The same, where the CRM's parts may be missing.
    static let lenient = parts.replacing(#"onNotFound: "null" }"#, with: #"onNotFound: "null", onFailure: "null" }"#)

    static let answers: [String: ScriptedAnswer] = [
        PlanBench.conversation: .json(conversation()),
        PlanBench.messages: .json(#"{"data":[]}"#),
        PlanBench.items: .json("[]"),
        PlanBench.contact: .json(contact),
        PlanBench.account: .json(account),
    ]

    /// Members are JSON texts.
    static func conversation(
        contact: String = #""ct-1""#, account: String = #""ac-1""#, tenant: String = "t-1", workspace: String = "ws-1"
    ) -> String {
        """
        {"updatedAt":"u","id":"\(PlanBench.id)","tenantId":"\(tenant)","workspaceId":"\(workspace)","channelId":"ch-1",\
        "contactId":\(contact),"accountId":\(account),"status":"active","messageCount":0,"createdAt":"c","shard":7}
        """
    }

    static let contact =
        #"{"id":"ct-1","tenantId":"t-1","resolutionStatus":"resolved","createdAt":"c","updatedAt":"u"}"#
    static let account = #"{"id":"ac-1","tenantId":"t-1","name":"A","resolutionStatus":"resolved"}"#

    static func settings(_ parts: String, contract: String = "") throws -> Settings {
        let text = """
            server: { listen: [{ address: "127.0.0.1:0" }] }
            admin: { address: "127.0.0.1:0" }
            auth: { environment: test, apiKeys: { file: keys.yaml } }
            upstreams:
              conversations: { endpoints: ["http://127.0.0.1:1"] }
              crm: { endpoints: ["http://127.0.0.1:2"] }
            routes:
              - name: conversation
                path: /api/conversations/{id}
                parameters: { id: uuid }
                deadline: 60s
                parts:
            \(parts.split(separator: "\n").map { "      " + $0 }.joined(separator: "\n"))
            \(contract)
            """
        return try ConfigurationFile.read(
            text, file: "gateway.yaml", folder: "/", environment: [:],
            libcurl: LibcurlVersion(major: 8, minor: 14, patch: 1)
        )
    }

    static func plan(_ parts: String = parts, contract: String = "") throws -> Plan {
        let settings = try settings(parts, contract: contract)
        return Plan(settings.routes[0], contract: settings.contract)
    }
}
