// Two gateways as processes of their own, each at an address that it keeps when it is restarted, and stubs behind both.

import Foundation
import StubUpstreams
import Support
import Testing

final class Neighbours {
    /// A gateway as a balancer knows it.
    struct Place {
        let host = LoopbackHost()
        let port: Int
        let adminPort: Int
        let file: String

        init(
            _ name: String, in folder: Folder, _ stubs: StubUpstreams, notReady: String, listener: String,
            server: String
        ) throws {
            port = try host.freePort()
            adminPort = try host.freePort()
            file = try folder.write(
                """
                server:
                  listen: [{ address: "\(host.name):\(port)"\(listener) }]
                  drain: { notReady: \(notReady) }
                \(server)
                admin: { address: "\(host.name):\(adminPort)" }
                auth: { apiKeys: { file: keys.yaml } }
                # The load comes from one tenant.
                rateLimit: { requestsPerSecond: 100000, burst: 100000 }
                upstreams:
                  conversations: { endpoints: ["\(stubs.conversationsURL)"], timeouts: { attempt: 10s } }
                  crm: { endpoints: ["\(stubs.crmURL)"], timeouts: { attempt: 10s } }
                routes:
                  - name: conversation
                    path: /api/conversations/{id}
                    parameters: { id: uuid }
                    scopes: [conversations:read]
                    deadline: 20s
                    parts:
                      - { name: conversation, upstream: conversations, path: "/conversations/{id}", into: root, schema: Conversation }
                      - { name: contact, upstream: crm, path: "/contacts/{conversation.contactId}", schema: Contact }
                """, to: "\(name).yaml")
        }
    }

    let places: [Place]
    /// Good for all of them.
    let key: String
    let stubs: StubUpstreams
    private let folder: Folder
    private(set) var running: [Command] = []

    /// Returns when both listen.
    ///
    /// - Parameters:
    ///   - listener: settings of the listeners behind their address, beginning with a comma.
    ///   - server: further lines of the configuration's `server`.
    init(in folder: Folder, notReady: String, listener: String = "", server: String = "") async throws {
        self.folder = folder
        let made = try await Command.run(
            "keys", "create", "--tenant", Fixtures.tenantA, "--scope", "conversations:read", "--file",
            folder.path("keys.yaml"), in: folder)
        key = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
        let stubs = try await StubUpstreams.start(script: Script())
        self.stubs = stubs
        places = try ["one", "two"].map {
            try Place($0, in: folder, stubs, notReady: notReady, listener: listener, server: server)
        }
        for place in places { running.append(try await start(place)) }
    }

    /// Ends one as an operator does, and starts it anew. Returns how it ended.
    func restart(_ index: Int) async throws -> Ended {
        running[index].signal(SIGTERM)
        let ended = try await running[index].end()
        running[index] = try await start(places[index])
        return ended
    }

    /// Ends all of them without ado.
    func stop() async throws {
        for command in running {
            command.signal(SIGKILL)
            _ = try await command.end()
        }
        try await stubs.stop()
    }

    private func start(_ place: Place) async throws -> Command {
        let command = try Command(["serve", "--config", place.file], in: folder)
        _ = try await command.line(with: "Answering operators.")
        return command
    }
}
