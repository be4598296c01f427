// Every way to get a configuration wrong, as a file, with what the gateway says about it beside.

import Foundation
import Testing

@testable import Configuration

@Suite struct BrokenTests {
    static let names: [String] = {
        let files =
            FileManager.default.enumerator(atPath: Folders.broken.resolvingSymlinksInPath().path)?.compactMap {
                $0 as? String
            } ?? []
        return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    }()

    /// What the files may refer to. Nothing of it may be repeated.
    static let environment = ["SECRET": "hunter2", "TEN": "10", "BROKEN_TOKEN": "hunter2\r\nX-Tenant-Id: other"]

    @Test(arguments: names) func `says what is wrong`(name: String) throws {
        let file = Folders.broken.appending(path: name + ".yaml")
        let text = try String(contentsOf: file, encoding: .utf8)
        let expected = Folders.broken.appending(path: name + ".expected")

        let said = Self.said(of: text, file: name + ".yaml")

        if Folders.isWriting { try Data(said.utf8).write(to: expected) }
        #expect(!said.isEmpty)
        #expect(!said.contains("hunter2"))
        let hint: Comment = "if \(name).expected is out of date, write it anew with WRITE_GOLDEN=1 swift test"
        #expect(said == (try String(contentsOf: expected, encoding: .utf8)), hint)
    }

    @Test func `there are many`() {
        #expect(Self.names.count >= 35)
    }

    private static func said(of text: String, file: String) -> String {
        do {
            _ = try ConfigurationFile.read(
                text, file: file, folder: Folders.broken.path, environment: environment,
                libcurl: LibcurlVersion(major: 7, minor: 88, patch: 1))
            return ""
        } catch {
            return error.description + "\n"
        }
    }
}
