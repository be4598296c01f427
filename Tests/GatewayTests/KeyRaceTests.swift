// Two read the file of keys at the same time, the gateway's own look and a reload: what counts is who began later, not who
// ended later, or a key that is revoked would be good again until the next look.

import Configuration
import Foundation
import Identity
import Logging
import Synchronization
import Testing

@testable import Gateway

@Suite(.timeLimit(.minutes(1))) struct KeyRaceTests {
    @Test func `a slow look does not undo what a reload has read since`() async throws {
        try await withGateway { gateway, settings, file in
            let slow = try ServedKeys(settings)
            try revokeAll(file)
            try await gateway.reload(settings)

            let isServed = gateway.serve(slow, of: file)

            #expect(!isServed)
            #expect(gateway.keyCount == 0)
        }
    }

    @Test func `a slow reload does not undo what a look has read since`() async throws {
        try await withGateway { gateway, settings, file in
            let slow = try await Generation(
                settings, after: gateway.current.withLock(\.self), gateway.shared.limits, logger: gateway.shared.logger)
            try revokeAll(file)
            _ = gateway.serve(try ServedKeys(settings), of: file)

            gateway.exchange(slow)

            #expect(gateway.keyCount == 0)
        }
    }

    @Test func `a slow look does not hide what a reload has read since`() async throws {
        try await withGateway { gateway, settings, file in
            let old = gateway.current.withLock(\.self)
            try KeyFile.append(Self.record("k2"), to: file)
            let slow = try ServedKeys(settings)
            try revokeAll(file)
            let new = try await Generation(settings, after: old, gateway.shared.limits, logger: gateway.shared.logger)
            _ = gateway.serve(slow, of: file)

            gateway.exchange(new)

            #expect(gateway.keyCount == 0)
        }
    }

    private static func record(_ id: String) -> KeyRecord {
        NewKey(environment: .test, id: id, tenantId: "t", scopes: ["s"]).record
    }

    private func revokeAll(_ file: String) throws {
        try Data("keys: []\n".utf8).write(to: URL(filePath: file))
    }

    /// With one key.
    private func withGateway(_ work: (Gateway, Settings, String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/keys-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: folder) } }
        let file = folder + "/keys.yaml"
        try KeyFile.append(Self.record("k1"), to: file)
        let text = """
            server: { listen: [{ address: "127.0.0.1:0" }], threads: { edge: 1, fanOut: 1 } }
            admin: { address: "127.0.0.1:0" }
            auth: { environment: test, apiKeys: { file: keys.yaml } }
            upstreams:
              conversations: { endpoints: ["http://127.0.0.1:1"] }
            routes:
              - name: conversation
                path: /api/conversations/{id}
                parameters: { id: uuid }
                scopes: [s]
                parts:
                  - { name: conversation, upstream: conversations, path: "/conversations/{id}", into: root, schema: Conversation }
            """
        let settings = try ConfigurationFile.read(
            text, file: "gateway.yaml", folder: folder, environment: [:],
            libcurl: LibcurlVersion(major: 8, minor: 0, patch: 0)
        )
        let gateway = try await Gateway.start(settings, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        do {
            #expect(gateway.keyCount == 1)
            try await work(gateway, settings, file)
        } catch {
            await gateway.drain(within: .zero)
            throw error
        }
        await gateway.drain(within: .zero)
    }
}

extension Gateway {
    fileprivate var keyCount: Int { current.withLock(\.keys.keys.count) }
}
