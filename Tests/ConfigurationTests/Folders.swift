// Where the tests find the repository's files, and how they read a configuration.

import Foundation

@testable import Configuration

enum Folders {
    static let tests = URL(filePath: #filePath).deletingLastPathComponent()
    static let config = tests.deletingLastPathComponent().deletingLastPathComponent().appending(path: "config")
    static let samples = tests.appending(path: "Samples")
    static let broken = tests.appending(path: "Broken")

    /// Whether this run writes the files anew that it would otherwise compare with.
    static let isWriting = ProcessInfo.processInfo.environment["WRITE_GOLDEN"] == "1"
}

/// Reads a configuration's text as if it stood in /etc/gateway.
func read(
    _ text: String, environment: [String: String] = [:],
    libcurl: LibcurlVersion = LibcurlVersion(major: 8, minor: 14, patch: 1)
) throws(ConfigurationProblems) -> Settings {
    try ConfigurationFile.read(
        text, file: "gateway.yaml", folder: "/etc/gateway", environment: environment, libcurl: libcurl)
}

/// What is wrong with a configuration's text, one problem a line.
func problems(
    _ text: String, environment: [String: String] = [:],
    libcurl: LibcurlVersion = LibcurlVersion(major: 8, minor: 14, patch: 1)
) -> [String] {
    do {
        _ = try read(text, environment: environment, libcurl: libcurl)
        return []
    } catch {
        return error.problems.map(\.description)
    }
}

/// The shortest configuration, with `more` put behind it.
func smallest(_ more: String = "", parts: String = "- { name: thing, upstream: things, path: \"/things/{id}\" }")
    -> String
{
    """
    auth: { apiKeys: { file: keys.yaml } }
    upstreams:
      things: { endpoints: [http://127.0.0.1:9101] }
    routes:
      - name: thing
        path: /things/{id}
        parameters: { id: token }
        parts:
          \(parts)

    """ + more
}
