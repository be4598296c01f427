// `gateway check`, `gateway plan`, `gateway keys`, and what is said about wrong usage.

import Foundation
import Testing

@Suite(.timeLimit(.minutes(2)))
struct ConfigurationCommandTests {
    private let folder: Folder

    init() throws {
        folder = try Folder()
    }

    private var broken: String {
        """
        server: { listen: [{ address: "127.0.0.1:0" }], limits: { bodyy: 1MiB } }
        auth: { apiKeys: { file: keys.yaml } }
        upstreams:
          things: { endpoints: ["http://127.0.0.1:1"], timeouts: { attempt: fast } }
        routes:
          - name: thing
            path: /things/{id}
            parameters: { id: token }
            parts:
              - { name: thing, upstream: thing, path: "/things/{id}" }
        """
    }

    @Test func `without a file of keys, check says the command that makes one`() async throws {
        let file = try folder.write(try Folder.sample, to: "sample.yaml")

        let before = try await Command.run("check", "--config", file, in: folder)
        let advice = before.errors.split(separator: "\n").last { $0.hasPrefix("  gateway ") } ?? ""
        let words = advice.split(separator: " ").dropFirst().map { $0.replacing("'", with: "") }
        let made = try await Command(words.map(String.init), in: folder).end()
        let after = try await Command.run("check", "--config", file, in: folder)

        #expect(before.status == 78)
        #expect(before.output == "")
        #expect(before.errors.contains("`auth.apiKeys.file` names it."))
        #expect(words.prefix(6) == ["keys", "create", "--tenant", "TENANT", "--scope", "conversations:read"])
        #expect(made.status == 0)
        #expect(made.output.hasPrefix("sf_live_v1_"))
        #expect(after.status == 0)
    }

    @Test func `check summarises the sample`() async throws {
        _ = try await folder.configuration()
        let file = try folder.write(try Folder.sample, to: "sample.yaml")

        let ended = try await Command.run("check", "--config", file, in: folder)

        #expect(ended.status == 0)
        #expect(ended.output.contains("127.0.0.1:8080"))
        #expect(ended.output.contains("/api/conversations/{id}"))
        #expect(ended.errors == "")
    }

    @Test func `check reports every problem with its place, and nothing on stdout`() async throws {
        let file = try folder.write(broken, to: "gateway.yaml")

        let ended = try await Command.run("check", "--config", file, in: folder)
        let lines = ended.errors.split(separator: "\n")

        #expect(ended.status == 78)
        #expect(lines.count == 3)
        #expect(lines.allSatisfy { $0.hasPrefix(file + ":") })
        #expect(ended.errors.contains(":1:") && ended.errors.contains("body"))
        #expect(ended.errors.contains(":4:") && ended.errors.contains(":10:"))
        #expect(ended.output == "")
    }

    @Test(arguments: ["check", "plan", "serve"])
    func `a file that is not there is a configuration error`(command: String) async throws {
        let ended = try await Command.run(command, "--config", folder.path("none.yaml"), in: folder)

        #expect(ended.status == 78)
        #expect(ended.errors.contains("none.yaml"))
    }

    @Test func `check finds keys that cannot be read`() async throws {
        let file = try await folder.configuration()
        try folder.write("keys: [{ id: a }]", to: "keys.yaml")

        let ended = try await Command.run("check", "--config", file, in: folder)

        #expect(ended.status == 78)
        #expect(ended.errors.contains("keys.yaml:1:"))
    }

    @Test func `plan shows each route's calls and their longest path`() async throws {
        let file = try await folder.configuration()

        let ended = try await Command.run("plan", "--config", file, in: folder)

        #expect(ended.status == 0)
        #expect(ended.output.contains("/things/{id}"))
        #expect(ended.output.contains("owner"))
        #expect(ended.output.contains("3s") || ended.output.contains("3000"))
    }

    @Test func `plan is had as JSON and as a graph, but not as both`() async throws {
        let file = try await folder.configuration()

        let json = try await Command.run("plan", "--config", file, "--json", in: folder)
        let dot = try await Command.run("plan", "--config", file, "--dot", in: folder)
        let both = try await Command.run("plan", "--config", file, "--dot", "--json", in: folder)
        let document = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: [[String: Any]]]

        #expect(document?["routes"]?.first?["criticalPath"] as? [String] == ["thing", "owner"])
        #expect(dot.output.hasPrefix("digraph plan {") && dot.output.contains(#""thing/thing" -> "thing/owner""#))
        #expect(both.status == 64)
    }

    @Test(arguments: [
        ["bogus"], ["check"], ["check", "--config"], ["serve", "--port", "1"], ["keys", "create"],
        ["keys", "create", "--tenant", "t", "--scope", "s", "--environment", "staging"],
        ["keys", "create", "--tenant", "t", "--scope", "s", "--expires", "tomorrow"],
        ["keys", "create", "--tenant", "t", "--scope", "s", "--expires", "2026-01-31T00:00:00Z"],
        ["keys", "create", "--tenant", "a\"b", "--scope", "s"],
    ])
    func `wrong usage is told, with status 64`(arguments: [String]) async throws {
        let ended = try await Command(arguments, in: folder).end()

        #expect(ended.status == 64)
        #expect(!ended.errors.isEmpty)
        #expect(ended.output == "")
    }

    @Test func `help and version are no errors`() async throws {
        let help = try await Command.run("--help", in: folder)
        let version = try await Command.run("--version", in: folder)

        #expect(help.status == 0)
        for name in ["serve", "check", "plan", "stub", "demo", "keys"] { #expect(help.output.contains(name)) }
        #expect(version.status == 0)
        #expect(version.output.split(separator: ".").count == 3)
    }

    @Test func `keys create prints the key once, and the record without it`() async throws {
        let ended = try await Command.run(
            "keys", "create", "--tenant", "t-1", "--scope", "conversations:read", "--workspace", "ws-1", "--id", "me",
            "--expires", "2037-01-31T00:00:00Z", "--environment", "test", in: folder)
        let key = ended.output.trimmingCharacters(in: .whitespacesAndNewlines)

        #expect(ended.status == 0)
        #expect(key.wholeMatch(of: /sf_test_v1_[A-Za-z0-9]{16,128}/) != nil)
        for text in [
            "id: \"me\"", "sha256: ", "tenantId: \"t-1\"", "conversations:read", "ws-1", "2037-01-31T00:00:00Z",
        ] {
            #expect(ended.errors.contains(text), "\(text)")
        }
        #expect(!ended.errors.contains(key))
    }

    @Test func `keys create appends to a file that the gateway then takes`() async throws {
        let file = try await folder.configuration()
        let ended = try await Command.run(
            "keys", "create", "--tenant", "t-2", "--scope", "a", "--file", folder.path("keys.yaml"), in: folder)
        let key = ended.output.trimmingCharacters(in: .whitespacesAndNewlines)
        let keys = folder.read("keys.yaml")
        let check = try await Command.run("check", "--config", file, in: folder)

        #expect(ended.status == 0)
        #expect(key.hasPrefix("sf_live_v1_"))
        #expect(!keys.contains(key))
        #expect(keys.split(separator: "sha256:").count == 3)
        #expect(keys.contains("t-1") && keys.contains("t-2"))
        #expect(check.status == 0)
    }
}
