// Another configuration for a gateway that runs: who began with the old one ends with it, and what did not change stays.

import Configuration
import Foundation
import Gateway
import StubUpstreams
import Support
import Testing

@Suite struct ReloadTests {
    private let contact = "/api/contacts/\(Fixtures.active.contactID ?? "")"

    /// The settings of `gateway` with a second route.
    private func withContacts(_ gateway: RunningGateway) throws -> Settings {
        var settings = gateway.gateway.settings
        let text = """
            auth: { anonymous: { tenant: t } }
            upstreams: { crm: { endpoints: ["http://127.0.0.1:1"] } }
            routes:
              - name: contact
                path: /api/contacts/{contact}
                parameters: { contact: token }
                parts: [{ name: contact, upstream: crm, path: "/contacts/{contact}", into: root, schema: Contact }]
            """
        settings.routes += try ConfigurationFile.read(
            text, file: "", folder: gateway.folder, environment: [:],
            libcurl: LibcurlVersion(major: 8, minor: 0, patch: 0)
        ).routes
        return settings
    }

    @Test func `serves routes that were added, and no longer those that are gone`() async throws {
        try await withGateway { gateway in
            let old = gateway.gateway.settings
            let client = try gateway.begin(contact)
            let before = try await client.reply()

            try await gateway.gateway.reload(try withContacts(gateway))
            try client.send(gateway.request(contact))
            let added = try await client.reply()
            try await gateway.gateway.reload(old)
            try client.send(gateway.request(contact))
            let gone = try await client.reply()

            #expect(before.status == 404)
            #expect(added.status == 200)
            #expect(gone.status == 404)
        }
    }

    @Test func `ends a request with what it began with`() async throws {
        let gate = Gate()
        try await withGateway(script: .parts(["conversation": [.hold(gate)]])) { gateway in
            let held = try gateway.begin(Fixtures.active)
            try await gate.waitUntil(arrived: 1)
            var settings = gateway.gateway.settings
            settings.routes = [try #require(try withContacts(gateway).routes.last)]
            // Nobody listens there.
            settings.change("crm") { $0.endpoints = [.url("http://127.0.0.1:1")] }

            try await gateway.gateway.reload(settings)
            let new = try await gateway.get(Fixtures.active)
            await gate.open()
            let old = try await held.reply()

            #expect(old.status == 200)
            #expect(new.status == 404)
        }
    }

    @Test func `keeps connections to upstreams that did not change`() async throws {
        try await withGateway { gateway in
            _ = try await gateway.get(Fixtures.consumer)
            var settings = gateway.gateway.settings
            settings.change("crm") { $0.timeouts.attempt = .seconds(19) }
            settings.change("conversations") { $0.concurrency.inFlight = 20 }

            try await gateway.gateway.reload(settings)
            _ = try await gateway.get(Fixtures.consumer)

            #expect(gateway.stubs.calls(to: "/contacts/{id}").map(\.ordinal) == [1, 2])
            #expect(gateway.stubs.openConnections(of: .conversations) == 3)
        }
    }

    @Test func `changes nothing if anything is wrong, and says all of it`() async throws {
        try await withGateway { gateway in
            var settings = try withContacts(gateway)
            settings.telemetry.accessLog = .file(gateway.folder + "/nowhere/log")
            settings.auth.apiKeysFile = gateway.folder + "/nobody.yaml"

            let problems = await #expect(throws: CannotReload.self) { try await gateway.gateway.reload(settings) }
            let reply = try await gateway.get(contact)

            #expect(problems?.problems.count == 2)
            #expect(problems?.problems.contains { $0.contains("nobody.yaml") } == true)
            #expect(problems?.problems.contains { $0.contains("nowhere/log") } == true)
            #expect(reply.status == 404)
        }
    }

    @Test func `opens an access log anew that was renamed`() async throws {
        try await withGateway { gateway in
            let log = gateway.folder + "/access.log"
            var settings = gateway.gateway.settings
            settings.telemetry.accessLog = .file(log)
            try await gateway.gateway.reload(settings)
            _ = try await gateway.get("/before", key: "")

            try FileManager.default.moveItem(atPath: log, toPath: log + ".1")
            try await gateway.gateway.reload(settings)
            _ = try await gateway.get("/after", key: "")

            for (file, path) in [(log + ".1", "/before"), (log, "/after")] {
                #expect(
                    try await eventually {
                        let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
                        return lines.count == 1 && lines[0].contains(path)
                    })
            }
        }
    }

    @Test func `opens another access log, and writes the last lines of the old one`() async throws {
        try await withGateway { gateway in
            let logs = ["one", "two"].map { gateway.folder + "/\($0).log" }
            var settings = gateway.gateway.settings
            for log in logs {
                settings.telemetry.accessLog = .file(log)
                try await gateway.gateway.reload(settings)
                _ = try await gateway.get("/" + log, key: "")
            }
            for log in logs {
                let isThere = try await eventually {
                    try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").map {
                        $0.contains(#""path":"/\#(log)""#)
                    } == [true]
                }
                #expect(isThere)
            }
        }
    }
}
