// What `gateway serve` says when it has begun: one line in a log, a screen at a terminal.

import Configuration
import Foundation
import Glibc
import Support
import Testing

@Suite(.timeLimit(.minutes(2)))
struct StartScreenTests {
    private let folder: Folder

    init() throws {
        folder = try Folder()
    }

    private func address(in line: String, after name: String) throws -> String {
        try #require(line.split(separator: name + "=").last?.split(separator: " ").first.map(String.init))
    }

    @Test func `serve says in one line of its log what it serves, what is off and where the page is`() async throws {
        let command = try Command(["serve", "--config", try await folder.configuration()], in: folder)
        let line = try await command.line(with: "Serving.")
        let admin = try address(in: try await command.line(with: "Answering operators."), after: "address")
        command.signal(SIGTERM)
        let ended = try await command.end()

        #expect(line.contains("routes=thing upstreams=things"))
        #expect(line.contains("page=http://\(admin)/ "))
        #expect(line.contains(#"off="checking replies of thing, owner, TLS, client certificates, "#))
        #expect(line.contains(#"earlier replies for failed parts (staleIfError), reuse of answers" "#))
        #expect(ended.output == "")
    }

    @Test func `serve says in its log where answers are given again`() async throws {
        let file = try await folder.configuration()
        let text = folder.read("gateway.yaml").replacing("    parts:", with: "    reuse: 500ms\n    parts:")
        try folder.write(text, to: "gateway.yaml")
        let command = try Command(["serve", "--config", file], in: folder)
        let line = try await command.line(with: "Serving.")
        command.signal(SIGTERM)
        _ = try await command.end()

        #expect(line.contains(#"routes="thing (reuse 500ms)""#))
        #expect(!line.contains("reuse of answers"))
    }

    @Test func `serve at a terminal shows on one screen what it serves, what is off and where the page is`()
        async throws
    {
        let file = try await folder.configuration()
        // A terminal of its own; the first line says whom to tell to end.
        let script = "echo process=$$; exec \(Command.gateway.path) serve --config \(file)"
        let command = try Command(
            ["-q", "-e", "-f", "-c", script, folder.path("typescript")], in: folder,
            executable: URL(filePath: "/usr/bin/script"))
        // The log has a thread of its own, so its line may come behind the screen.
        let isShown = await eventually(within: .seconds(30)) {
            let said = folder.read("typescript")
            return said.contains("waits for thing") && said.contains("Listening. ")
        }
        let said = folder.read("typescript").replacing("\r\n", with: "\n")
        kill(try #require(pid_t(try address(in: said, after: "process").prefix { $0.isNumber })), SIGTERM)
        let ended = try await command.end()

        #expect(isShown && ended.status == 0)
        let screen = try #require(said.split(separator: "\ngateway ").last)
        let address = try address(
            in: String(try #require(said.firstMatch(of: /Listening\. .*/)?.output)), after: "address")
        #expect(screen.contains(try Regex("\nlistener +\(address) +HTTP/1.1, HTTP/2\n")))
        #expect(screen.contains(/\nadmin .* http:\/\/127\.0\.0\.1:[1-9]\d*\/ is the operator's page\n/))
        #expect(screen.contains(/\nupstreams\n  things .* http:\/\/127\.0\.0\.1:1\n/))
        #expect(screen.contains(/\noff: checking replies of thing, owner, TLS, .*,\n     .*\n/))
        #expect(
            screen.contains(
                /\nroute thing  GET \/things\/{id}  .*\n  thing .* starts at once\n  owner .* waits for thing\n/))
        #expect(!screen.contains("Serving.") && screen.split(separator: "\n").count < 24)
    }
}
