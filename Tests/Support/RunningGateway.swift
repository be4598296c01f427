// The assembled gateway over loopback, with stub upstreams behind it and keys of its own.

package import Configuration
import Foundation
package import Gateway
import Identity
import Logging
package import StubUpstreams
import Upstream

/// A gateway and its stubs, as journeys need them. `stop` leaves nothing behind, and checks that nothing was in flight.
package struct RunningGateway: Sendable {
    package let gateway: Gateway
    package let stubs: StubUpstreams
    /// Speaks for tenant A, with the scope `conversations:read`.
    package let key: String
    /// The same, but of tenant B.
    package let otherTenantsKey: String
    /// Of tenant A, without any scope that a route asks for.
    package let scopelessKey: String
    /// Of tenant A, for one workspace only.
    package let workspaceKey: String
    /// Of tenant A, with the scope `gateway:explain` besides.
    package let explainingKey: String
    /// Where its file of keys is, `keys.yaml`.
    package let folder: String

    /// `http://127.0.0.1:port`.
    package var url: String { "http://\(gateway.addresses[0])" }
    package var port: Int { gateway.addresses[0].port }
    /// Of the operator's side.
    package var adminPort: Int { gateway.adminAddresses[0].port }

    /// - Parameters:
    ///   - script: how the stubs behave.
    ///   - configuration: changes the text of the configuration before it is read.
    ///   - settings: changes what was read.
    ///   - log: keeps the gateway's own log.
    package static func start(
        script: Script = Script(), configuration: (String) -> String = { $0 },
        settings change: (inout Settings) -> Void = { _ in }, log: LogLines? = nil
    ) async throws -> RunningGateway {
        let stubs = try await StubUpstreams.start(script: script)
        let folder = FileManager.default.temporaryDirectory.path + "/gateway-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let scopes = ["conversations:read"]
        let keys = [
            NewKey(environment: .test, id: "a", tenantId: Fixtures.tenantA, scopes: scopes),
            NewKey(environment: .test, id: "b", tenantId: Fixtures.tenantB, scopes: scopes),
            NewKey(environment: .test, id: "none", tenantId: Fixtures.tenantA, scopes: ["other:read"]),
            NewKey(
                environment: .test, id: "workspace", tenantId: Fixtures.tenantA, scopes: scopes,
                workspaceId: Fixtures.workspace),
            NewKey(
                environment: .test, id: "explain", tenantId: Fixtures.tenantA, scopes: scopes + ["gateway:explain"]),
        ]
        for key in keys { try KeyFile.append(key.record, to: folder + "/keys.yaml") }
        let text = configuration(Self.configuration(stubs))
        var settings = try ConfigurationFile.read(
            text, file: "gateway.yaml", folder: folder, environment: [:], libcurl: .linked
        )
        // All tests have one address, and many are about refused credentials.
        settings.auth.failures.isOff = true
        change(&settings)
        let logger = log?.logger ?? Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let gateway = try await Gateway.start(settings, logger: logger)
        return RunningGateway(
            gateway: gateway, stubs: stubs, key: keys[0].text, otherTenantsKey: keys[1].text,
            scopelessKey: keys[2].text, workspaceKey: keys[3].text, explainingKey: keys[4].text,
            folder: folder)
    }

    package func stop() async throws {
        await gateway.drain(within: .seconds(10))
        try await stubs.stop()
        try FileManager.default.removeItem(atPath: folder)
    }

    /// The usual configuration in front of the stubs.
    private static func configuration(_ stubs: StubUpstreams) -> String {
        """
        server:
          listen: [{ address: "127.0.0.1:0" }]
        admin: { address: "127.0.0.1:0" }
        auth: { environment: test, apiKeys: { file: keys.yaml } }
        upstreams:
          conversations:
            endpoints: ["\(stubs.conversationsURL)"]
          crm:
            endpoints: ["\(stubs.crmURL)"]
        routes:
          - name: conversation
            path: /api/conversations/{id}
            parameters: { id: uuid }
            scopes: [conversations:read]
            deadline: 3s
            notFound: Conversation not found
            parts:
              - { name: conversation, upstream: conversations, path: "/conversations/{id}", into: root, schema: Conversation }
              - { name: messages, upstream: conversations, path: "/conversations/{id}/messages", select: data, schema: "[Message]" }
              - { name: attentionItems, upstream: conversations, path: "/conversations/{id}/attention-items", select: data, schema: "[AttentionItem]" }
              - { name: contact, upstream: crm, path: "/contacts/{conversation.contactId}", schema: Contact, onNotFound: "null", onFailure: fail }
              - { name: account, upstream: crm, path: "/accounts/{conversation.accountId}", schema: Account, onNotFound: "null", onFailure: fail }
        telemetry: { accessLog: off }

        """
    }
}
