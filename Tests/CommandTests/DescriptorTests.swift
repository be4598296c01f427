// The limit of open files: raised to what is needed, or the limit of connections lowered to what there is; and many
// connections at once.

import Foundation
import Glibc
import Support
import Testing

@Suite(.timeLimit(.minutes(2)))
struct DescriptorTests {
    private let folder: Folder

    init() throws {
        folder = try Folder()
    }

    /// `gateway serve` under a limit of open files.
    private func serve(_ limit: String, _ more: String = "") async throws -> (command: Command, port: Int) {
        let file = try await folder.configuration(port: 0, more)
        let command = try Command(
            ["-c", "\(limit) && exec \"$0\" serve --config \"$1\"", Command.gateway.path, file], in: folder,
            executable: URL(filePath: "/bin/sh"))
        let line = try await command.line(with: "Listening.")
        return (command, try #require(line.split(separator: ":").last.flatMap { Int($0.prefix { $0.isNumber }) }))
    }

    private func openFiles(of command: Command) throws -> Int? {
        let limits = try String(contentsOfFile: "/proc/\(command.identifier)/limits", encoding: .utf8)
        let line = limits.split(separator: "\n").first { $0.hasPrefix("Max open files") }
        return line?.split(separator: " ").dropFirst(3).first.flatMap { Int($0) }
    }

    private func ask(_ client: Client) async throws -> Int {
        try client.send("GET /things/1 HTTP/1.1\r\nHost: a\r\n\r\n")
        return try await client.reply().status
    }

    @Test func `the limit is raised to what the settings need`() async throws {
        let (command, _) = try await serve("ulimit -S -n 128")
        let limit = try openFiles(of: command)
        command.signal(SIGTERM)
        let ended = try await command.end()

        #expect(try #require(limit) > 10_000)
        #expect(!ended.errors.contains("fewer connections"))
    }

    @Test func `fewer connections are taken where it cannot be raised, and the log says so`() async throws {
        let (command, port) = try await serve("ulimit -n 200")
        let line = try await command.line(with: "fewer connections")
        let clients = try (0..<60).map { _ in try Client(port: port) }
        for client in clients.suffix(50) { #expect(try await ask(client) == 401) }
        // The oldest made room, without an answer.
        for client in clients.prefix(10) { #expect(try await client.rest().isEmpty) }
        command.signal(SIGTERM)

        #expect(line.contains("connections=50") && line.contains("openFiles=200"))
        #expect(try await command.end().status == 0)
    }

    @Test func `a thousand idle connections cost little`() async throws {
        var own = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &own)
        own.rlim_cur = own.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &own)
        let (command, port) = try await serve("true")
        for _ in 0..<200 { #expect(try await ask(Client(port: port)) == 401) }
        let before = try command.residentBytes()

        let clients = try (0..<1000).map { _ in try Client(port: port) }
        for client in clients { #expect(try await ask(client) == 401) }
        let each = (try command.residentBytes() - before) / clients.count
        for client in clients.prefix(1) { #expect(try await ask(client) == 401) }
        command.signal(SIGTERM)

        // `deploy/idle` holds the release build to a quarter of this, with ten thousand.
        #expect(each < 32 * 1024)
        #expect(try await command.end().status == 0)
    }
}
