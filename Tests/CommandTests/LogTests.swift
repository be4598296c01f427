// What becomes of logs when nobody reads them, when they cannot be kept, and when they are moved away.

import Configuration
import Foundation
import Glibc
import Support
import Testing

@Suite(.timeLimit(.minutes(1))) struct LogTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    /// Runs the gateway with its stderr at `path`, which is opened by a shell.
    private func start(_ configuration: String, errors path: String) throws -> Command {
        try Command(
            ["-c", #"exec "$0" serve --config "$1" 2>"$2""#, Command.gateway.path, configuration, path], in: folder,
            executable: URL(filePath: "/bin/sh"))
    }

    private func get(_ url: String) async throws -> String {
        try await output(of: "curl", ["-s", "--max-time", "10", "-w", "%{http_code} ", url])
    }

    @Test func `SIGHUP opens an access log anew that was renamed, also where the configuration is wrong`() async throws
    {
        let file = try await folder.configuration("telemetry: { accessLog: ./access.log }")
        let command = try Command(["serve", "--config", file], in: folder)
        let line = try await command.line(with: "Listening.")
        _ = try await command.line(with: "Answering operators.")
        let url = "http://" + (try #require(line.split(separator: "address=").last?.split(separator: " ").first))
        func ask(_ path: String) async throws { #expect(try await get(url + path).hasSuffix("401 ")) }

        try await ask("/first")
        let hasFirst = await eventually { folder.read("access.log").contains("/first") }
        #expect(rename(folder.path("access.log"), folder.path("access.log.1")) == 0)
        command.signal(SIGHUP)
        _ = try await command.line(with: "The new configuration is in force.")
        try await ask("/second")
        let hasSecond = await eventually { folder.read("access.log").contains("/second") }
        #expect(rename(folder.path("access.log"), folder.path("access.log.2")) == 0)
        try folder.write(folder.read("gateway.yaml") + "\nnonsense: 1\n", to: "gateway.yaml")
        command.signal(SIGHUP)
        _ = try await command.line(with: "The old configuration stays in force.")
        try await ask("/third")
        let hasThird = await eventually { folder.read("access.log").contains("/third") }
        command.signal(SIGTERM)

        #expect(try await command.end().status == 0)
        #expect(hasFirst && hasSecond && hasThird)
        for name in ["access.log", "access.log.1", "access.log.2"] {
            #expect(folder.read(name).split(separator: "\n").count == 1)
        }
    }

    @Test func `a reader of stderr that stops reading costs lines, which are counted, and no request`() async throws {
        let pipe = folder.path("pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        let reader = open(pipe, O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        let admin = try await freePort()
        let file = try await folder.configuration()
        let text = folder.read("gateway.yaml").replacing(#"admin: { address: "127.0.0.1:0" }"#, with: admin.setting)
        try folder.write(text, to: "gateway.yaml")
        let command = try start(file, errors: pipe)
        let isUp = try await eventually { try await get("\(admin.url)/readyz").hasSuffix("200 ") }
        let lost = #"gateway_process_log_lost_lines_total{reason="full"} "#
        let before = try await get("\(admin.url)/metrics")

        // A problem for each of them, and a line for each problem: more than may wait.
        let words = Array(repeating: "nonsense", count: 30_000).joined(separator: ", ")
        try folder.write(text.replacing("server: {", with: "server: { trustedProxies: [\(words)],"), to: "gateway.yaml")
        command.signal(SIGHUP)
        var after = ""
        let isLost = try await eventually(within: .seconds(30)) {
            after = try await get("\(admin.url)/metrics")
            return after.contains("\n\(lost)") && !after.contains("\n\(lost)0\n")
        }
        let ready = try await get("\(admin.url)/readyz")
        command.signal(SIGTERM)
        let ended = try await command.end()

        #expect(isUp)
        #expect(before.contains("\n\(lost)0\n"))
        #expect(isLost)
        #expect(after.contains(#"gateway_reloads_total{result="failure"} 1"#))
        #expect(ready.hasSuffix("200 "))
        #expect(ended.status == 0)
    }

    @Test func `a log that cannot be written costs lines, which are counted`() async throws {
        let admin = try await freePort()
        let file = try await folder.configuration()
        let text = folder.read("gateway.yaml").replacing(#"admin: { address: "127.0.0.1:0" }"#, with: admin.setting)
        try folder.write(text, to: "gateway.yaml")
        let command = try start(file, errors: "/dev/full")
        let isCounted = try await eventually(within: .seconds(30)) {
            try await get("\(admin.url)/metrics").contains(
                #/\ngateway_process_log_lost_lines_total\{reason="failed"\} [1-9]/#)
        }
        command.signal(SIGTERM)
        let ended = try await command.end()

        #expect(isCounted)
        #expect(ended.status == 0)
    }

    /// An address for operators that can be known beforehand: what the gateway says goes nowhere.
    private func freePort() async throws -> (setting: String, url: String) {
        let host = LoopbackHost()
        let address = "\(host.name):\(try host.freePort())"
        return (#"admin: { address: "\#(address)" }"#, "http://\(address)")
    }
}
