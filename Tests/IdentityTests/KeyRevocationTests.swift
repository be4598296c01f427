// Taking keys away in a file that a person also writes in.

import Configuration
import Foundation
import Testing

@testable import Identity

@Suite struct KeyRevocationTests {
    private let digests = (0..<3).map { digest(liveKey + "\($0)").hex }

    private func folder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "keys-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    @Test func `adds one line to a record that is written in lines`() throws {
        let before = """
            # Who may call.
            keys:
              - id: a   # the first
                sha256: \(digests[0])
                tenantId: t
                scopes: []
              # The second.
              - sha256: \(digests[1])
                id: "b"
                tenantId: t
                scopes:
                  - x

            """

        let first = try KeyFile.disabling("a", in: before)
        let second = try KeyFile.disabling("b", in: before)

        #expect(first == before.replacing("# the first\n", with: "# the first\n    disabled: true\n"))
        #expect(second == before.replacing("\"b\"\n", with: "\"b\"\n    disabled: true\n"))
    }

    @Test func `changes one word of a record that says it is not disabled`() throws {
        let before =
            "keys:\n- id: a\n  disabled: false  # for now\n  sha256: \(digests[0])\n  tenantId: t\n  scopes: []"

        #expect(try KeyFile.disabling("a", in: before) == before.replacing("false", with: "true"))
    }

    @Test func `disables one record of those in braces, or in an endless line`() throws {
        let records = digests.enumerated().map { "{ id: k\($0), sha256: \($1), tenantId: t, scopes: [é] }" }
        let inBrackets = "keys: [\(records.joined(separator: ", "))]"
        let inLines = "keys:\n" + records.map { "- \($0)" }.joined(separator: "\r\n")

        for text in [inBrackets, inLines] {
            let new = try KeyFile.disabling("k1", in: text)

            #expect(new == text.replacing("{ id: k1", with: "{ disabled: true, id: k1"))
        }
    }

    @Test func `writes only what changes nothing else`() throws {
        let folder = try folder()
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
        let path = folder.path + "/keys.yaml"
        // The second record is the first's, but for two members: what is added to the one is added to the other.
        let text = """
            keys:
            - &first
              id: a
              sha256: \(digests[0])
              tenantId: t
              scopes: []
            - { id: "b", sha256: \(digests[1]), tenantId: t, scopes: [], disabled: "false" }
            """
        try Data(text.utf8).write(to: URL(filePath: path))

        #expect(throws: UnusableText.self) { try KeyFile.revoke("b", in: path) }
        #expect(throws: UnknownKey.self) { try KeyFile.revoke("c", in: path) }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
        #expect(try KeyFile.revoke("a", in: path))
        #expect(try !KeyFile.revoke("a", in: path))
        #expect(try KeyFile.records(in: path).map(\.isDisabled) == [true, false])
    }

    @Test func `keeps the file's mode, and follows a link`() throws {
        let folder = try folder()
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
        let (path, link) = (folder.path + "/keys.yaml", folder.path + "/link.yaml")
        try Data("keys:\n\(item(liveKey))".utf8).write(to: URL(filePath: path))
        chmod(path, 0o640)
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "keys.yaml")

        _ = try KeyFile.revoke("k1", in: link)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)

        #expect(attributes[.posixPermissions] as? Int == 0o640)
        #expect(attributes[.type] as? FileAttributeType == .typeRegular)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "keys.yaml")
        #expect(try KeyFile.records(in: path).map(\.isDisabled) == [true])
    }

    @Test func `loses nothing when many add and revoke at once`() async throws {
        let folder = try folder()
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
        let path = folder.path + "/keys.yaml"
        for n in 0..<8 {
            try KeyFile.append(NewKey(environment: .live, id: "old\(n)", tenantId: "t", scopes: []).record, to: path)
        }

        try await withThrowingTaskGroup(of: Void.self) { group in
            for n in 0..<8 {
                group.addTask { _ = try KeyFile.revoke("old\(n)", in: path) }
                group.addTask {
                    try KeyFile.append(
                        NewKey(environment: .live, id: "new\(n)", tenantId: "t", scopes: []).record, to: path)
                }
            }
            try await group.waitForAll()
        }
        let records = try KeyFile.records(in: path)

        #expect(Set(records.filter(\.isDisabled).map(\.id)) == Set((0..<8).map { "old\($0)" }))
        #expect(Set(records.filter { !$0.isDisabled }.map(\.id)) == Set((0..<8).map { "new\($0)" }))
    }
}
