// Where a test of this target keeps its files.

import Foundation
import Testing

/// A folder that goes with the test.
final class Folder {
    private let url = FileManager.default.temporaryDirectory.appending(path: "access-log-\(UUID())")

    init() throws {
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        do { try FileManager.default.removeItem(at: url) } catch { Issue.record(error) }
    }

    func path(_ name: String) -> String { url.appending(path: name).path(percentEncoded: false) }
}
