// A Redis of a test's own, which can be killed in the middle of something.

import Foundation
import Glibc

/// A running `redis-server` on loopback and on a Unix socket, with nothing on disk. Ends with this.
package final class RedisServer: Sendable {
    private let folder: String
    /// On 127.0.0.1.
    package let port: Int

    package var address: String { "127.0.0.1:\(port)" }
    package var socketAddress: String { "unix:\(folder)/redis.sock" }

    package init() async throws {
        folder = FileManager.default.temporaryDirectory.path + "/redis-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        // Redis cannot choose one itself. It is free a moment before, and nobody else is looking for one.
        port = try HeldPort().port
        try await start()
    }

    deinit {
        kill()
        do { try FileManager.default.removeItem(atPath: folder) } catch {}
    }

    /// Starts it again after `kill`, without what it held.
    package func start() async throws {
        let said = try await output(
            of: "redis-server",
            [
                "--port", "\(port)", "--bind", "127.0.0.1", "--unixsocket", folder + "/redis.sock", "--save", "",
                "--appendonly", "no", "--dir", folder, "--daemonize", "yes", "--pidfile", folder + "/pid",
                "--logfile", folder + "/log",
            ])
        // The file is there before Redis listens.
        guard
            await eventually({
                self.process != nil && FileManager.default.fileExists(atPath: self.folder + "/redis.sock")
            })
        else { throw Client.Broken("redis-server did not start: \(said)") }
    }

    /// Ends it at once (SIGKILL).
    package func kill() {
        guard let process else { return }
        Glibc.kill(process, SIGKILL)
        do {
            try FileManager.default.removeItem(atPath: folder + "/pid")
            try FileManager.default.removeItem(atPath: folder + "/redis.sock")
        } catch {}
    }

    /// From now on it takes connections and says nothing (SIGSTOP), until `goOn`.
    package func hang() { if let process { Glibc.kill(process, SIGSTOP) } }
    package func goOn() { if let process { Glibc.kill(process, SIGCONT) } }

    private var process: pid_t? {
        guard let text = FileManager.default.contents(atPath: folder + "/pid") else { return nil }
        return pid_t(String(decoding: text, as: UTF8.self).prefix { $0.isNumber })
    }
}
