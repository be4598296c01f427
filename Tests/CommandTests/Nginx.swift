// nginx as a process of a test's own, which leaves nothing outside of the test's folder.

import Foundation
import Support
import Testing

struct Nginx {
    /// Where it keeps what it writes is the installation's matter; here it is the test's folder. For a `http` block.
    static let kept = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path \($0);" }.joined(
        separator: " ")

    private let command: Command

    /// Starts it with what stands in its `http` block, and waits until it listens.
    static func start(_ http: String, in folder: Folder) async throws -> Nginx {
        let file = try folder.write(
            "events { worker_connections 256; }\nhttp {\n\(kept)\n\(http)\n}\n", to: "nginx.conf")
        let nginx = Nginx(command: try command(file, in: folder))
        let isUp = await eventually { FileManager.default.fileExists(atPath: folder.path("nginx.pid")) }
        #expect(isUp)
        return nginx
    }

    /// The process, run by the whole configuration in `file`.
    static func command(_ file: String, in folder: Folder) throws -> Command {
        try Command(
            ["-p", folder.url.path, "-c", file, "-e", "stderr", "-g", "daemon off; pid nginx.pid; error_log stderr;"],
            in: folder, executable: URL(filePath: "/usr/sbin/nginx"))
    }

    func stop() async throws {
        command.signal(SIGTERM)
        _ = try await command.end()
    }
}
