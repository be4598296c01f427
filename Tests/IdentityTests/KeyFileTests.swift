// Making keys, and adding their records to a file that a person also writes in.

import Configuration
import Foundation
import Pipeline
import Testing

@testable import Identity

@Suite struct KeyFileTests {
    private func record(_ id: String) -> KeyRecord {
        NewKey(environment: .live, id: id, tenantId: "t1", scopes: ["a"]).record
    }

    @Test func `makes a key that its record lets in`() throws {
        let new = NewKey(
            environment: .test, tenantId: "t1", scopes: ["a", "b:c"], workspaceId: "w1", expiresAt: noon + .seconds(1))

        let keys = try APIKeys.read("keys:\n" + new.record.yaml, file: "")
        let principal = try keys.principal(presenting: new.text[...], environment: .test, now: noon)

        #expect(new.text.wholeMatch(of: /sf_test_v1_[A-Za-z0-9]{43}/) != nil)
        #expect(new.record.id.wholeMatch(of: /key_[A-Za-z0-9]{12}/) != nil)
        #expect(principal.tenant == "t1")
        #expect(principal.scopes == ["a", "b:c"])
        #expect(principal.workspace == "w1")
        #expect(throws: Failure.self) {
            try keys.principal(presenting: new.text[...], environment: .test, now: noon + .seconds(1))
        }
        #expect(!new.record.yaml.contains(new.text.dropFirst(11)))
        try new.check()
    }

    @Test func `makes no key twice`() {
        let keys = (0..<1000).map { _ in NewKey(environment: .live, tenantId: "t", scopes: []).text }

        #expect(Set(keys).count == 1000)
        #expect(Set(keys.joined()).count == 62 + 1)
    }

    @Test(arguments: [
        "", "a b", "a\"b", "a\\b", "a\n  - id: b", "é", "\u{0}", "\u{2028}", String(repeating: "a", count: 129),
    ])
    func `refuses a record of what cannot stand in one, and lets it add nothing`(_ text: String) {
        let new = NewKey(environment: .live, id: "a", tenantId: text, scopes: [])

        #expect(throws: ConfigurationProblems.self) { try new.check() }
        #expect(problems("keys:\n" + new.record.yaml).count == 1)
    }

    @Test(arguments: [
        "null", "true", "~", "0x10", "1e3", "- a", "a: b", "#a", "*a", "&a", "!a", "[a]", "{a}", "'", "%", "@", "`",
    ])
    func `writes words that YAML would take for something else`(_ text: String) throws {
        let word = text.replacing(" ", with: "")
        let new = NewKey(environment: .live, id: word, tenantId: word, scopes: [word], workspaceId: word)

        let reading = KeyReading("keys:\n" + new.record.yaml, file: "")

        #expect(reading.problems.isEmpty)
        #expect(reading.found == [new.record])
    }

    @Test func `makes a file for its owner alone`() throws {
        let folder = try Folder()

        try KeyFile.append(record("k1"), to: folder.path("keys.yaml"))
        try KeyFile.append(record("k2"), to: folder.path("keys.yaml"))

        #expect(try APIKeys.load(folder.path("keys.yaml")).count == 2)
        #expect(try mode(folder.path("keys.yaml")) == 0o600)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path("")).sorted() == [
                "keys.yaml", "keys.yaml.lock",
            ])
    }

    @Test(arguments: [
        "", "# only a comment\n", "keys:\n", "keys:", "keys: # none yet\n", "keys: []",
        "keys: [ ] # none yet\n# more\n",
        "---\nkeys:\n", "# a\n\nkeys:\n  # b\n" + item(liveKey).indented(2) + "  # c\n",
        "keys:\n" + item(liveKey) + "# c",
        "keys:\n" + item(liveKey).indented(6), "keys:\r\n" + item(liveKey).indented(2).replacing("\n", with: "\r\n"),
        "keys: []\r\n# more\r\n",
        "keys:\n  -\n    id: k1\n    sha256: \(digest(liveKey).hex)\n    tenantId: t\n    scopes:\n      - a\n",
    ])
    func `keeps what a person wrote`(_ text: String) throws {
        let folder = try Folder()
        let path = folder.path("keys.yaml")
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        let count = try APIKeys.load(path).count

        try KeyFile.append(record("new-1"), to: path)
        try KeyFile.append(record("new-2"), to: path)

        let new = try String(contentsOfFile: path, encoding: .utf8)
        #expect(try APIKeys.load(path).count == count + 2)
        for line in text.split(whereSeparator: \.isNewline) where line.contains("#") || line.contains("id") {
            #expect(new.contains(line.replacing(/\[ *\]/, with: "")))
        }
    }

    @Test(arguments: [
        "keys: [{ id: a }]", "keys: text", "keys:\n" + item(liveKey, id: "new"),
        "keys: [\(item(liveKey).dropFirst(2))]", "keys: null\n",
    ])
    func `leaves a file alone that it cannot append to`(_ text: String) throws {
        let folder = try Folder()
        let path = folder.path("keys.yaml")
        try text.write(toFile: path, atomically: false, encoding: .utf8)

        #expect(throws: (any Error).self) { try KeyFile.append(record("new"), to: path) }

        #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
    }

    @Test func `keeps the file's mode, and follows a link`() throws {
        let folder = try Folder()
        try "keys:\n".write(toFile: folder.path("real.yaml"), atomically: false, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: folder.path("real.yaml"))
        try FileManager.default.createSymbolicLink(atPath: folder.path("keys.yaml"), withDestinationPath: "real.yaml")

        try KeyFile.append(record("k1"), to: folder.path("keys.yaml"))

        #expect(try mode(folder.path("real.yaml")) == 0o640)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.path("keys.yaml")) == "real.yaml")
        #expect(try APIKeys.load(folder.path("keys.yaml")).count == 1)
    }

    @Test(arguments: ["gone.yaml", "gone/keys.yaml", "keys.yaml"])
    func `puts no file in the place of a link to nothing`(target: String) throws {
        let folder = try Folder()
        let path = folder.path("keys.yaml")
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)

        #expect {
            try KeyFile.append(record("k1"), to: path)
        } throws: {
            "\($0)".hasPrefix("cannot follow the link \(path): ")
        }
        #expect(throws: (any Error).self) { try KeyFile.revoke("k1", in: path) }

        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path) == target)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("")) == ["keys.yaml"])
    }

    @Test func `says what the system refused`() throws {
        let folder = try Folder()
        let path = folder.path("none/keys.yaml")

        #expect {
            try KeyFile.append(record("k1"), to: path)
        } throws: {
            "\($0)" == "cannot open \(path).lock: No such file or directory"
        }
    }

    @Test func `clears away what a killed writer left`() throws {
        let folder = try Folder()
        try "half".write(toFile: folder.path("keys.yaml.new"), atomically: false, encoding: .utf8)

        try KeyFile.append(record("k1"), to: folder.path("keys.yaml"))

        #expect(try APIKeys.load(folder.path("keys.yaml")).count == 1)
    }

    @Test func `loses no record of several writers at once`() async throws {
        let folder = try Folder()
        let path = folder.path("keys.yaml")

        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    for number in 0..<10 { try KeyFile.append(record("w\(writer)-\(number)"), to: path) }
                }
            }
            group.addTask {
                // A reader never finds half a file.
                for _ in 0..<100 where FileManager.default.fileExists(atPath: path) { _ = try APIKeys.load(path) }
            }
            try await group.waitForAll()
        }

        #expect(try APIKeys.load(path).count == 80)
    }
}

private func mode(_ path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
}

extension String {
    fileprivate func indented(_ count: Int) -> String {
        String(repeating: " ", count: count) + self
    }
}

/// A folder that goes with the test.
final class Folder {
    private let root = FileManager.default.temporaryDirectory.appending(path: "keys-\(UUID())")

    init() throws {
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    }

    deinit {
        do { try FileManager.default.removeItem(at: root) } catch { Issue.record(error) }
    }

    func url(_ name: String) -> URL { root.appending(path: name) }

    func path(_ name: String) -> String {
        name.isEmpty ? root.path(percentEncoded: false) : url(name).path(percentEncoded: false)
    }
}
