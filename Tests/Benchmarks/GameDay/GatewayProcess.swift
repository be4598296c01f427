// The gateway under test: the real executable as a process of its own, and what the system and its metrics say of it.

import Configuration
import Foundation
import Identity
import StubUpstreams

struct CannotPlay: Error, CustomStringConvertible {
    let description: String
}

final class GatewayProcess {
    private let process = Process()
    private let folder: String
    let port: Int
    private let adminPort: Int
    /// Good for all routes.
    let key: String

    /// Starts it, and returns when it is ready.
    /// - Parameter coalesces: whether equal requests share calls, which then say nothing of retries.
    init(executable: String, in folder: String, _ upstreams: Upstreams, coalesces: Bool) async throws {
        self.folder = folder
        (port, adminPort) = (try Self.freePort(), try Self.freePort())
        let key = NewKey(environment: .test, id: "day", tenantId: Fixtures.tenantA, scopes: ["conversations:read"])
        try KeyFile.append(key.record, to: folder + "/keys.yaml")
        self.key = key.text
        try Self.configuration(upstreams, port, adminPort, coalesces: coalesces)
            .write(toFile: folder + "/gateway.yaml", atomically: true, encoding: .utf8)
        // In a mount namespace of its own, in which the file of names is ours: the machine's stays as it is.
        let command = #"mount --bind "$0/hosts" /etc/hosts && exec "$1" serve --config "$0/gateway.yaml""#
        process.executableURL = URL(filePath: "/usr/bin/unshare")
        process.arguments =
            (geteuid() == 0 ? [] : ["--map-root-user"])
            + ["--mount", "sh", "-c", command, folder, URL(filePath: executable).path]
        process.standardOutput = FileHandle.nullDevice
        try Data().write(to: URL(filePath: log))
        process.standardError = try FileHandle(forWritingTo: URL(filePath: log))
        try process.run()
        let end = ContinuousClock.now + .seconds(10)
        while await get("/readyz") == nil {
            guard ContinuousClock.now < end, process.isRunning else {
                throw CannotPlay(description: "The gateway does not get ready: see \(log)")
            }
            // Between two looks.
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    deinit {
        if process.isRunning { process.terminate() }
    }

    /// What it said on its standard error.
    var log: String { folder + "/gateway.log" }
    var isRunning: Bool { process.isRunning }

    /// Ends it in order, or else by force.
    /// - Returns: its exit status.
    func end() async throws -> Int32 {
        process.terminate()
        let end = ContinuousClock.now + .seconds(45)
        while process.isRunning {
            if ContinuousClock.now > end { kill(process.processIdentifier, SIGKILL) }
            // Between two looks.
            try await Task.sleep(for: .milliseconds(50))
        }
        return process.terminationStatus
    }

    // MARK: What it holds

    /// Open descriptors. Like the next two it throws only if the process has gone.
    func descriptors() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.processIdentifier)/fd").count
    }

    /// MiB in memory.
    func resident() throws -> Double { Double(try status("VmRSS")) / 1024 }
    func threads() throws -> Int { try status("Threads") }

    private func status(_ name: String) throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
        let line = text.split(separator: "\n").first { $0.hasPrefix(name + ":") }
        guard let value = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) }) else {
            throw CannotPlay(description: "The system does not tell the process's \(name).")
        }
        return value
    }

    /// The sum of a family's values in `/metrics`; nil: there is none.
    func figure(_ family: String) async -> Double? {
        let values = (await get("/metrics") ?? "").split(separator: "\n").filter {
            $0.hasPrefix(family + " ") || $0.hasPrefix(family + "{")
        }
        return values.isEmpty ? nil : values.reduce(0) { $0 + (Double($1.split(separator: " ").last ?? "") ?? 0) }
    }

    private func get(_ path: String) async -> String? {
        await Curl.text("http://127.0.0.1:\(adminPort)\(path)")
    }

    private static func freePort() throws -> Int {
        guard let port = LoopbackPort.free() else { throw CannotPlay(description: "No free port on loopback.") }
        return port
    }

    private static func configuration(
        _ upstreams: Upstreams, _ port: Int, _ adminPort: Int, coalesces: Bool
    ) -> String {
        let own = """
            { name: conversation, upstream: conversations, path: "/conversations/{id}", into: root, schema: Conversation }
                  - { name: messages, upstream: conversations, path: "/conversations/{id}/messages", select: data, schema: "[Message]" }
                  - { name: attentionItems, upstream: conversations, path: "/conversations/{id}/attention-items", select: data, schema: "[AttentionItem]" }
            """
        func route(_ name: String, _ parts: String) -> String {
            """
              - name: \(name)
                path: /api/\(name)/{id}
                parameters: { id: uuid }
                scopes: [conversations:read]
                deadline: 3s
                notFound: Conversation not found
                parts:
                  - \(own)
            \(parts)
            """
        }
        func crm(_ onFailure: String) -> String {
            """
                  - { name: contact, upstream: crm, path: "/contacts/{conversation.contactId}", schema: Contact, onNotFound: "null", onFailure: \(onFailure) }
                  - { name: account, upstream: crm, path: "/accounts/{conversation.accountId}", schema: Account, onNotFound: "null", onFailure: \(onFailure) }
            """
        }
        return """
            server: { listen: [{ address: "127.0.0.1:\(port)" }], drain: { notReady: 0s } }
            admin: { address: "127.0.0.1:\(adminPort)" }
            auth: { environment: test, apiKeys: { file: keys.yaml } }
            rateLimit: { requestsPerSecond: 100000, burst: 100000 }
            upstreams:
              conversations:
                endpoints: ["http://\(upstreams.east.address)", "http://\(upstreams.west.address)"]
                circuit: { open: 1s, openMax: 5s }
                coalesce: \(coalesces)
                health: { path: /healthz, every: 1s, unhealthyAfter: 2, healthyAfter: 1 }
              crm:
                endpoints: ["http://\(Upstreams.crmName):\(upstreams.crm.address.port)"]
                timeouts: { connect: 500ms, attempt: 800ms }
                circuit: { open: 1s, openMax: 5s }
                coalesce: \(coalesces)
            routes:
            \(route("whole", crm("fail")))
            \(route("partial", crm("\"null\"")))
            \(route("own", ""))
            telemetry: { accessLog: off }

            """
    }
}
