// Keys that come and go while the gateway runs, told by nobody.

import Configuration
import Foundation
import Gateway
import Identity
import StubUpstreams
import Support
import Testing

@Suite struct KeyReloadTests {
    private func status(_ gateway: RunningGateway, _ key: String) async throws -> Int {
        try await gateway.get(Fixtures.active, key: key).status
    }

    private func newKey() -> NewKey {
        NewKey(environment: .test, id: "new", tenantId: Fixtures.tenantA, scopes: ["conversations:read"])
    }

    @Test func `takes a key that is added to the file`() async throws {
        try await withGateway { gateway in
            let new = newKey()
            let before = try await status(gateway, new.text)

            try KeyFile.append(new.record, to: gateway.folder + "/keys.yaml")

            #expect(before == 401)
            #expect(try await eventually { try await status(gateway, new.text) == 200 })
            #expect(try await status(gateway, gateway.key) == 200)
            #expect(gateway.gateway.keyReloads == (1, 0))
        }
    }

    /// Looking alone takes two looks, a quarter of a second apart at the least.
    @Test func `refuses a key within a tenth of a second of its revocation`() async throws {
        try await withGateway { gateway in
            let file = gateway.folder + "/keys.yaml"
            var times: [Duration] = []
            for number in 0..<3 {
                let key = NewKey(
                    environment: .test, id: "k\(number)", tenantId: Fixtures.tenantA, scopes: ["conversations:read"])
                try KeyFile.append(key.record, to: file)
                #expect(try await eventually { try await status(gateway, key.text) == 200 })

                _ = try KeyFile.revoke("k\(number)", in: file)
                let start = ContinuousClock.now
                #expect(try await eventually { try await status(gateway, key.text) == 401 })
                times.append(start.duration(to: .now))
            }

            // A machine that does other things may be late, but not each time.
            #expect(times.contains { $0 < .milliseconds(100) }, "\(times)")
            #expect(gateway.gateway.keyReloads.refused == 0)
        }
    }

    @Test func `refuses a key that is gone, on a connection that used it before`() async throws {
        try await withGateway { gateway in
            let client = try gateway.begin(Fixtures.active)
            let before = try await client.reply()

            try Data("keys: []\n".utf8).write(to: URL(filePath: gateway.folder + "/keys.yaml"))
            _ = await eventually { gateway.gateway.keyReloads.taken == 1 }
            try client.send(gateway.request(RunningGateway.path(Fixtures.active)))
            let after = try await client.reply()

            #expect(before.status == 200)
            expectError(after, status: 401, "Authentication required")
        }
    }

    @Test func `keeps its keys when the new file is broken or gone, until it is right again`() async throws {
        try await withGateway { gateway in
            let file = URL(filePath: gateway.folder + "/keys.yaml")
            let right = try Data(contentsOf: file)

            try Data("keys: [{ id: half".utf8).write(to: file)
            let sawBroken = await eventually { gateway.gateway.keyReloads.refused == 1 }
            let whileBroken = try await status(gateway, gateway.key)
            try FileManager.default.removeItem(at: file)
            let sawMissing = await eventually { gateway.gateway.keyReloads.refused == 2 }
            let whileMissing = try await status(gateway, gateway.key)
            try right.write(to: file)
            try KeyFile.append(newKey().record, to: file.path)
            let sawRight = await eventually { gateway.gateway.keyReloads.taken >= 1 }

            #expect(sawBroken && sawMissing && sawRight)
            #expect(whileBroken == 200 && whileMissing == 200)
            #expect(try await status(gateway, gateway.key) == 200)
        }
    }

    /// As orchestrators do it: the file is a link to one in a folder that is a link itself, which is exchanged.
    @Test func `takes keys behind a link that points elsewhere now`() async throws {
        try await withGateway { gateway in
            let files = FileManager.default
            let folder = gateway.folder
            let new = newKey()
            for version in ["one", "two"] {
                try files.createDirectory(atPath: folder + "/" + version, withIntermediateDirectories: true)
            }
            try KeyFile.append(new.record, to: folder + "/two/keys.yaml")
            try files.moveItem(atPath: folder + "/keys.yaml", toPath: folder + "/one/keys.yaml")
            try files.createSymbolicLink(atPath: folder + "/data", withDestinationPath: "one")
            try files.createSymbolicLink(atPath: folder + "/keys.yaml", withDestinationPath: "data/keys.yaml")
            let before = try await status(gateway, gateway.key)

            try files.createSymbolicLink(atPath: folder + "/next", withDestinationPath: "two")
            rename(folder + "/next", folder + "/data")

            #expect(before == 200)
            #expect(try await eventually { try await status(gateway, new.text) == 200 })
            #expect(try await status(gateway, gateway.key) == 401)
        }
    }
}
