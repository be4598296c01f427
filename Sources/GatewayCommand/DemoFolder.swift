// The demo's files: a real configuration and a real key, in a folder that goes with the demo.

import Configuration
import Foundation
import Identity
import StubUpstreams

/// A folder under the system's temporary one.
struct DemoFolder {
    /// The CRM fails for one contact, so that a failure can be seen.
    static let script = """
        rules:
          - { service: crm, path: "/contacts/{id}", id: "\(Fixtures.contactFails.contactID ?? "")", status: 503 }
        """

    private let path: String
    /// The raw key that the gateway of this demo knows. It is worth nothing anywhere else.
    let key: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("gateway-demo-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let new = NewKey(environment: .test, id: "demo", tenantId: Fixtures.tenantA, scopes: ["conversations:read"])
        try KeyFile.append(new.record, to: path + "/keys.yaml")
        key = new.text
    }

    func configuration(port: Int, _ stubs: StubUpstreams) throws -> String {
        let text = """
            server:
              listen: [{ address: "127.0.0.1:\(port)" }]
            admin: { address: "127.0.0.1:0" }
            auth: { environment: test, apiKeys: { file: keys.yaml } }
            upstreams:
              conversations: { endpoints: ["\(stubs.conversationsURL)"] }
              crm: { endpoints: ["\(stubs.crmURL)"] }
            routes:
              - name: conversation
                path: /api/conversations/{id}
                parameters: { id: uuid }
                scopes: [conversations:read]
                notFound: Conversation not found
                parts:
                  - { name: conversation, upstream: conversations, path: "/conversations/{id}", into: root, schema: Conversation }
                  - { name: messages, upstream: conversations, path: "/conversations/{id}/messages", select: data, schema: "[Message]" }
                  - { name: attentionItems, upstream: conversations, path: "/conversations/{id}/attention-items", select: data, schema: "[AttentionItem]" }
                  - { name: contact, upstream: crm, path: "/contacts/{conversation.contactId}", schema: Contact, onNotFound: "null" }
                  - { name: account, upstream: crm, path: "/accounts/{conversation.accountId}", schema: Account, onNotFound: "null" }
            telemetry: { accessLog: off }
            """
        let file = path + "/gateway.yaml"
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        return file
    }

    func remove() {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            Standard.error("The folder \(path) could not be removed: \(error)")
        }
    }
}
