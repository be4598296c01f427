// Configurations that commands are given.

import Foundation

extension Folder {
    /// The repository's own sample.
    static var sample: String {
        get throws {
            let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().appending(path: "config/gateway.yaml")
            return try String(contentsOf: file, encoding: .utf8)
        }
    }

    /// A configuration with a key, which is in the file `key`, on `port` (0: any), `more` behind it.
    /// - Parameter listener: settings of the listener behind its address, beginning with a comma.
    func configuration(
        port: Int = 0, listener: String = "", drain: String = "{ notReady: 0s }", server: String = "",
        upstream: String = "http://127.0.0.1:1", _ more: String = ""
    ) async throws -> String {
        if read("keys.yaml").isEmpty {
            let made = try await Command.run(
                "keys", "create", "--tenant", "t-1", "--scope", "conversations:read", "--file", path("keys.yaml"),
                in: self)
            try write(made.output, to: "key")
        }
        return try write(
            """
            server: { listen: [{ address: "127.0.0.1:\(port)"\(listener) }], drain: \(drain)\(server) }
            admin: { address: "127.0.0.1:0" }
            auth: { environment: live, apiKeys: { file: keys.yaml } }
            upstreams:
              things: { endpoints: ["\(upstream)"] }
            routes:
              - name: thing
                path: /things/{id}
                parameters: { id: token }
                parts:
                  - { name: thing, upstream: things, path: "/things/{id}", into: root }
                  - { name: owner, upstream: things, path: "/owners/{thing.owner}" }
            \(more)
            """, to: "gateway.yaml")
    }
}
