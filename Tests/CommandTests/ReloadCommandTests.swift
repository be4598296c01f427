// SIGHUP, as operators send it: under load, with another configuration each time, with a broken one.

import Foundation
import Glibc
import StubUpstreams
import Support
import Testing

@Suite(.timeLimit(.minutes(2)))
struct ReloadCommandTests {
    private static let path = "/api/conversations/\(Fixtures.active.id)"
    private let folder: Folder

    init() throws {
        folder = try Folder()
    }

    /// A gateway before stubs, whose configuration can be written anew.
    private struct Running {
        let command: Command
        let stubs: StubUpstreams
        let key: String
        let port: Int
    }

    /// The `version`-th configuration: each differs from the one before in its routes, an upstream, the limits, the
    /// listeners and the access log.
    private func configuration(_ version: Int, _ stubs: StubUpstreams, _ more: String = "") -> String {
        let isOdd = version % 2 == 1
        return """
            server:
              listen: [{ address: "127.0.0.1:0" }\(isOdd ? #", { address: "localhost:0" }"# : "")]
              limits: { streams: \(100 + version % 2), connections: \(1000 + version) }
              trustedProxies: [\(isOdd ? "192.0.2.0/24" : "")]
              drain: { notReady: 0s }
            admin: { address: "127.0.0.1:0" }
            auth: { apiKeys: { file: keys.yaml } }
            rateLimit: { requestsPerSecond: 100000, burst: 100000 }
            upstreams:
              conversations: { endpoints: ["\(stubs.conversationsURL)"], timeouts: { attempt: 10s } }
              crm: { endpoints: ["\(stubs.crmURL)"], timeouts: { attempt: \(8 + version % 2)s } }
            routes:
              - name: conversation
                path: /api/conversations/{id}
                parameters: { id: uuid }
                scopes: [conversations:read]
                deadline: 20s
                parts:
                  - { name: conversation, upstream: conversations, path: "/conversations/{id}", into: root, schema: Conversation }
                  - { name: contact, upstream: crm, path: "/contacts/{conversation.contactId}", schema: Contact }
              - name: contact\(version)
                path: /v\(version)/{contact}
                parameters: { contact: token }
                deadline: 20s
                parts: [{ name: contact, upstream: crm, path: "/contacts/{contact}", into: root, schema: Contact }]
            telemetry: { accessLog: ./access\(version % 3).log }
            \(more)
            """
    }

    private func start() async throws -> Running {
        let stubs = try await StubUpstreams.start()
        let made = try await Command.run(
            "keys", "create", "--tenant", Fixtures.tenantA, "--scope", "conversations:read", "--id", "k",
            "--file", folder.path("keys.yaml"), in: folder)
        let file = try folder.write(configuration(0, stubs), to: "gateway.yaml")
        let command = try Command(["serve", "--config", file], in: folder)
        let line = try await command.line(with: "Listening.")
        _ = try await command.line(with: "Answering operators.")
        return Running(
            command: command, stubs: stubs, key: made.output.trimmingCharacters(in: .whitespacesAndNewlines),
            port: try #require(line.split(separator: ":").last.flatMap { Int($0.prefix { $0.isNumber }) }))
    }

    /// Reloads, and returns when that is done.
    private func reload(_ running: Running, _ version: Int, _ more: String = "") async throws {
        try folder.write(configuration(version, running.stubs, more), to: "gateway.yaml")
        let before = outcomes(running)
        running.command.signal(SIGHUP)
        let isDone = await eventually { outcomes(running) > before }
        try #require(isDone, "reload \(version) did not end: \(running.command.errors.suffix(1000))")
    }

    private func outcomes(_ running: Running) -> Int {
        let said = running.command.errors
        return said.ranges(of: "The new configuration is in force.").count
            + said.ranges(of: "The old configuration stays in force.").count
    }

    private func request(_ path: String, _ running: Running) -> String {
        "GET \(path) HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer \(running.key)\r\n\r\n"
    }

    private func status(_ path: String, _ running: Running, over client: Client) async throws -> Int {
        try client.send(request(path, running))
        return try await client.reply().status
    }

    @Test func `two hundred reloads under load fail no request and leave nothing behind`() async throws {
        let running = try await start()
        let client = try Client(port: running.port)
        let loads = [["--h1", "-c", "4"], ["-c", "2", "-m", "2"]].map {
            Load($0, "http://127.0.0.1:\(running.port)\(Self.path)", key: running.key, in: folder)
        }

        var used: [Usage] = []
        var statuses: [Int] = []
        for version in 1...200 {
            try await reload(running, version)
            statuses.append(try await status("/v\(version)/\(Fixtures.active.contactID ?? "")", running, over: client))
            if version == 50 { used.append(try Usage(of: running.command)) }
        }
        let outcomes = [try await loads[0].stop(), try await loads[1].stop()]
        let after = await eventually { (try? Usage(of: running.command).isLike(used[0])) ?? false }
        used.append(try Usage(of: running.command))
        running.command.signal(SIGTERM)
        let ended = try await running.command.end()
        try await running.stubs.stop()

        // One connection all the time, and each configuration's own route on it.
        #expect(statuses == Array(repeating: 200, count: 200))
        for outcome in outcomes {
            #expect(outcome.batches > 0)
            #expect(outcome.failures.joined() == "")
        }
        #expect(after, "\(used)")
        #expect(used[1].memory < used[0].memory + 16 << 20, "\(used)")
        #expect(ended.status == 0)
        #expect(!ended.errors.contains("lost"))
        // Every request has its line, whichever log it is in.
        let lines = (0..<3).map { folder.read("access\($0).log").split(separator: "\n").count }.reduce(0, +)
        #expect(lines >= 200 + outcomes.map { $0.batches * 200 }.reduce(0, +))
    }

    @Test func `a broken configuration changes nothing, and every problem is in the log`() async throws {
        let running = try await start()
        let client = try Client(port: running.port)
        let taken = try HeldPort(listening: true)

        try await reload(running, 1, "ratelimit: {}\nteelemetry: {}")
        let syntax = running.command.errors
        let text = configuration(2, running.stubs)
            .replacing("listen: [", with: "listen: [{ address: \"127.0.0.1:\(taken.port)\" }, ")
            .replacing("keys.yaml", with: "none.yaml").replacing("./access2.log", with: "/nowhere/access.log")
        try folder.write(text, to: "gateway.yaml")
        running.command.signal(SIGHUP)
        _ = try await running.command.line(with: "none.yaml")
        _ = await eventually { outcomes(running) == 2 }
        let still = try await status(Self.path, running, over: client)
        let not = try await status("/v2/x", running, over: client)
        try await reload(running, 3)
        let now = try await status("/v3/\(Fixtures.active.contactID ?? "")", running, over: client)
        running.command.signal(SIGTERM)
        let ended = try await running.command.end()
        try await running.stubs.stop()

        #expect(syntax.contains("rateLimit") && syntax.contains("telemetry"))
        for problem in ["none.yaml", "cannot listen on 127.0.0.1:\(taken.port)", "/nowhere/access.log"] {
            #expect(ended.errors.contains(problem))
        }
        #expect(still == 200 && not == 404 && now == 200)
        #expect(ended.status == 0)
    }

    @Test func `a key that is revoked is refused, and said to be, without a signal`() async throws {
        let running = try await start()
        let client = try Client(port: running.port)
        let before = try await status(Self.path, running, over: client)

        let file = folder.path("keys.yaml")
        let revoked = try await Command.run("keys", "revoke", "k", "--file", file, in: folder)
        _ = try await running.command.line(with: "Keys are read anew.")
        let after = try await status(Self.path, running, over: client)
        let listed = try await Command.run("keys", "list", "--file", file, in: folder)
        running.command.signal(SIGTERM)
        _ = try await running.command.end()
        try await running.stubs.stop()
        let log = folder.read("access0.log")

        #expect(revoked.status == 0)
        #expect(before == 200 && after == 401)
        #expect(log.contains("the API key k is disabled"))
        #expect(listed.output.contains("k   \(Fixtures.tenantA)") && listed.output.contains("disabled"))
        for text in [log, listed.output, folder.read("keys.yaml")] { #expect(!text.contains(running.key)) }
    }

    @Test func `whoever has no credential is the tenant for strangers, and the log warns of it`() async throws {
        let running = try await start()
        let client = try Client(port: running.port)
        let bare = "GET \(Self.path) HTTP/1.1\r\nHost: gateway\r\n\r\n"
        try client.send(bare)
        let before = try await client.reply()

        let text = configuration(1, running.stubs).replacing(
            "auth: {", with: "auth: { anonymous: { tenant: \(Fixtures.tenantA), scopes: [\"conversations:read\"] },")
        try folder.write(text, to: "gateway.yaml")
        running.command.signal(SIGHUP)
        _ = try await running.command.line(with: "Whoever has no credential is let in.")
        try client.send(bare)
        let after = try await client.reply()
        try client.send(bare.replacing("\r\n\r\n", with: "\r\nAuthorization: Bearer x\r\n\r\n"))
        let wrong = try await client.reply()
        try folder.write(text.replacing("localhost:0", with: "0.0.0.0:0"), to: "gateway.yaml")
        running.command.signal(SIGHUP)
        let refusal = try await running.command.line(with: "loopback")
        running.command.signal(SIGTERM)
        _ = try await running.command.end()
        try await running.stubs.stop()

        #expect(before.status == 401 && after.status == 200 && wrong.status == 401)
        #expect(refusal.contains("gateway.yaml:"))
    }
}

/// What a process has of the system.
private struct Usage {
    let descriptors: Int
    let threads: Int
    /// Bytes.
    let memory: Int

    init(of command: Command) throws {
        let process = "/proc/\(command.identifier)"
        descriptors = try FileManager.default.contentsOfDirectory(atPath: process + "/fd").count
        threads = try FileManager.default.contentsOfDirectory(atPath: process + "/task").count
        memory = try command.residentBytes()
    }

    /// Whether no more is open, and no more runs, than then.
    func isLike(_ other: Usage) -> Bool { descriptors <= other.descriptors && threads <= other.threads }
}
