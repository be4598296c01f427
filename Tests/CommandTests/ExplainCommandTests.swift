// `gateway explain`: a request's waterfall in a terminal, and clear words where there is none.

import Foundation
import StubUpstreams
import Support
import Testing

@Suite(.timeLimit(.minutes(2)))
struct ExplainCommandTests {
    private let folder: Folder

    init() throws {
        folder = try Folder()
    }

    private func address(in line: String) throws -> String {
        "http://" + (try #require(line.split(separator: "address=").last?.split(separator: " ").first.map(String.init)))
    }

    private func key(scopes: String...) async throws -> String {
        let words = scopes.flatMap { ["--scope", $0] }
        let made = try await Command(
            ["keys", "create", "--tenant", "t-1", "--file", folder.path("keys.yaml")] + words, in: folder
        ).end()
        return made.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    @Test func `prints where the time went, and says what is missing`() async throws {
        // Takes connections and says nothing.
        let upstream = try HeldPort(listening: true)
        let reader = try await key(scopes: "things:read")
        let explaining = try await key(scopes: "things:read", "gateway:explain")
        let file = try await folder.configuration(upstream: "http://127.0.0.1:\(upstream.port)")
        let text = folder.read("gateway.yaml").replacing(
            "http://127.0.0.1:\(upstream.port)\"]",
            with:
                "http://127.0.0.1:\(upstream.port)\"], timeouts: { attempt: 300ms }")
        try folder.write(text, to: "gateway.yaml")
        let gateway = try Command(["serve", "--config", file], in: folder)
        let listener = try address(in: try await gateway.line(with: "Listening."))
        let admin = try address(in: try await gateway.line(with: "Answering operators."))
        let url = listener + "/things/1"
        func explain(_ words: String...) async throws -> Ended {
            try await Command(["explain", url, "--admin", admin] + words, in: folder).end()
        }

        let drawn = try await explain("--key", explaining, "--ascii")
        let json = try await explain("--key", explaining, "--json")
        let scopeless = try await explain("--key", reader)
        let stranger = try await explain("--key", "sf_live_v1_0123456789abcdef")
        let elsewhere = try await Command(
            ["explain", url, "--admin", "http://127.0.0.1:1", "--key", explaining], in: folder
        ).end()
        let nowhere = try await Command(["explain", "127.0.0.1/things/1"], in: folder).end()
        gateway.signal(SIGTERM)
        _ = try await gateway.end()

        #expect(drawn.status == 0, "\(drawn.errors)")
        #expect(drawn.output.contains("thing  504 read timeout  "), "\(drawn.output)")
        #expect(drawn.output.contains("* thing "), "\(drawn.output)")
        #expect(drawn.output.contains("1. 127.0.0.1:\(upstream.port)"))
        #expect(drawn.output.contains("wwwwwwwwww"))
        #expect(drawn.output.contains("read timeout, new connection, wait"))
        #expect(drawn.output.utf8.allSatisfy { $0 < 0x80 })
        #expect(json.status == 0 && json.output.contains("\"failure\": \"read_timeout\""))
        #expect(scopeless.status == 69 && scopeless.errors.contains("needs the scope gateway:explain"))
        #expect(stranger.status == 69 && stranger.errors.hasPrefix("401: the gateway does not know this key."))
        #expect(elsewhere.status == 69 && elsewhere.errors.contains("http://127.0.0.1:1/admin/waterfalls/"))
        #expect(nowhere.status == 64)
    }

    @Test func `tells of a shared answer whose it was, and how long the request waited for it`() async throws {
        let gate = Gate(limit: .seconds(60))
        let stubs = try await StubUpstreams.start(
            script: Script(rules: [Rule(service: .conversations, path: "/conversations/{id}", .hold(gate))]))
        let key = try await key(scopes: "gateway:explain")
        let file = try folder.write(
            """
            server: { listen: [{ address: "127.0.0.1:0" }], drain: { notReady: 0s } }
            admin: { address: "127.0.0.1:0" }
            auth: { environment: live, apiKeys: { file: keys.yaml } }
            upstreams: { things: { endpoints: ["\(stubs.conversationsURL)"], timeouts: { attempt: 20s } } }
            routes:
              - name: thing
                path: /things/{id}
                parameters: { id: uuid }
                deadline: 30s
                parts: [{ name: thing, upstream: things, path: "/conversations/{id}", into: root }]
            """, to: "gateway.yaml")
        let gateway = try Command(["serve", "--config", file], in: folder)
        let listener = try address(in: try await gateway.line(with: "Listening."))
        let admin = try address(in: try await gateway.line(with: "Answering operators."))
        let path = "/things/\(Fixtures.active.id)"
        let leader = try Client(port: try #require(listener.split(separator: ":").last.flatMap { Int($0) }))
        try leader.send(
            "GET \(path) HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer \(key)\r\nX-Request-Id: leader\r\n\r\n")
        try await gate.waitUntil(arrived: 1)

        let explain = try Command(
            ["explain", listener + path, "--admin", admin, "--key", key, "--ascii"], in: folder)
        let metrics = try Client(port: try #require(admin.split(separator: ":").last.flatMap { Int($0) }))
        #expect(
            try await eventually {
                try metrics.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
                return try await metrics.reply().text.contains("gateway_requests_in_flight 2")
            })
        await gate.open()
        let drawn = try await explain.end()
        gateway.signal(SIGTERM)
        _ = try await gateway.end()
        try await stubs.stop()

        #expect(drawn.status == 0, "\(drawn.errors)")
        #expect(!drawn.output.contains("not at upstreams") && !drawn.output.contains("longest path:"))
        #expect(
            drawn.output.contains(#/shares the answer of request leader, for which it waited [0-9.]+ m?s: /#),
            "\(drawn.output)")
        #expect(drawn.output.contains("\(admin)/admin/waterfalls/leader.json"))
        #expect(drawn.output.contains(#/shared +\.*s+\.* /#), "\(drawn.output)")
        #expect(drawn.output.contains(#/ thing +<=+/#), "\(drawn.output)")
    }
}
