// `gateway serve`, `gateway stub` and `gateway demo`: what runs until it is told to stop.

import Configuration
import Foundation
import Glibc
import Support
import Testing

@Suite(.timeLimit(.minutes(2)))
struct ServingCommandTests {
    private let folder: Folder

    init() throws {
        folder = try Folder()
    }

    /// The status and body of a GET.
    private func get(_ url: String) async throws -> String {
        let arguments = ["curl", "-s", "--max-time", "10", "-w", "%{http_code} ", "-o", "-", url]
        return try await Command(arguments, in: folder, executable: URL(filePath: "/usr/bin/env")).end().output
    }

    private func address(in line: String, after name: String) throws -> String {
        try #require(line.split(separator: name + "=").last?.split(separator: " ").first.map(String.init))
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `serve says where it listens, answers, and ends when it is told to`(signal: Int32) async throws {
        let command = try Command(["serve", "--config", try await folder.configuration()], in: folder)
        let address = try address(in: try await command.line(with: "Listening."), after: "address")
        let admin = try self.address(in: try await command.line(with: "Answering operators."), after: "address")
        let answer = try await get("http://\(address)/things/1")
        let ready = try await get("http://\(admin)/readyz")

        command.signal(signal)
        let ended = try await command.end()

        #expect(answer.contains("401"))
        #expect(ready.contains("200"))
        #expect(ended.status == 0)
        #expect(ended.errors.contains("Draining.") && ended.errors.contains("Stopped."))
        // The access log alone.
        #expect(ended.output.split(separator: "\n").count == 1)
        #expect(ended.output.hasPrefix("{") && ended.output.contains("/things/1"))
    }

    @Test func `serve that is told to end says so to balancers, and answers until they know`() async throws {
        let file = try await folder.configuration(drain: "{ notReady: 3s, finish: 20s }")
        let command = try Command(["serve", "--config", file], in: folder)
        let address = try address(in: try await command.line(with: "Listening."), after: "address")
        let admin = try self.address(in: try await command.line(with: "Answering operators."), after: "address")
        let kept = try Client(port: try #require(Int(address.split(separator: ":").last ?? "")))
        let request = "GET /things/1 HTTP/1.1\r\nHost: gateway\r\n\r\n"
        try kept.send(request)
        let before = try await kept.reply()

        command.signal(SIGTERM)
        _ = try await command.line(with: "Draining.")
        let ready = try await get("http://\(admin)/readyz")
        let alive = try await get("http://\(admin)/livez")
        try kept.send(request)
        let last = try await kept.reply()
        let new = try await get("http://\(address)/things/1")
        let ended = try await command.end()

        #expect(before.status == 401 && !before.has("Connection"))
        #expect(ready.hasPrefix(#"{"error":"The gateway is draining"}503"#))
        #expect(alive.hasSuffix("200 "))
        #expect(last.status == 401 && last["Connection"] == "close")
        #expect(new.hasSuffix("401 "))
        #expect(ended.status == 0)
        let stopped = ended.errors.split(separator: "\n").filter { $0.contains("Stopped.") }
        #expect(stopped.count == 1)
        #expect(stopped.first?.contains("arrivedFinishing=0 arrivedNotReady=2 cut=0") == true)
    }

    @Test func `serve whose time to finish is over tells those who wait, and counts them`() async throws {
        // Takes connections and says nothing.
        let upstream = try HeldPort(listening: true)
        let file = try await folder.configuration(
            drain: "{ notReady: 0s, finish: 300ms }", upstream: "http://127.0.0.1:\(upstream.port)",
            "telemetry: { accessLog: stdout }")
        let command = try Command(["serve", "--config", file], in: folder)
        let address = try address(in: try await command.line(with: "Listening."), after: "address")
        let client = try Client(port: try #require(Int(address.split(separator: ":").last ?? "")))
        let key = folder.read("key").trimmingCharacters(in: .whitespacesAndNewlines)
        try client.send("GET /things/1 HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer \(key)\r\n\r\n")
        _ = await eventually { upstream.hasCaller }

        command.signal(SIGTERM)
        let reply = try await client.reply()
        client.close()
        let ended = try await command.end()

        #expect(reply.status == 503)
        #expect(reply["Retry-After"] == "1" && reply["Connection"] == "close")
        #expect(reply["Proxy-Status"]?.contains("proxy_internal_response") == true)
        #expect(ended.status == 0)
        #expect(ended.errors.contains("cut=1"))
        #expect(ended.output.contains(#""status":503,"failure":"draining""#))
    }

    @Test func `serve that is told twice to end does not wait for balancers`() async throws {
        let file = try await folder.configuration(drain: "{ notReady: 1h }")
        let command = try Command(["serve", "--config", file], in: folder)
        _ = try await command.line(with: "Answering operators.")

        command.signal(SIGTERM)
        _ = try await command.line(with: "Draining.")
        command.signal(SIGTERM)

        #expect(try await command.end().status == 1)
    }

    @Test func `serve tells its figures to operators alone`() async throws {
        let file = try await folder.configuration(drain: "{ notReady: 0s }")
        let command = try Command(["serve", "--config", file], in: folder)
        let address = try address(in: try await command.line(with: "Listening."), after: "address")
        let admin = try self.address(in: try await command.line(with: "Answering operators."), after: "address")

        let figures = try await get("http://\(admin)/metrics")
        let elsewhere = try await get("http://\(address)/metrics")
        command.signal(SIGHUP)
        _ = try await command.line(with: "The new configuration is in force.")
        let later = try await get("http://\(admin)/metrics")
        command.signal(SIGTERM)
        let ended = try await command.end()

        #expect(figures.hasSuffix("200 "))
        #expect(figures.contains("\n# TYPE gateway_requests_in_flight gauge\ngateway_requests_in_flight 0\n"))
        #expect(figures.contains("\ngateway_api_keys 1\n"))
        #expect(figures.contains("\ngateway_reloads_total{result=\"success\"} 0\n"))
        #expect(later.contains("\ngateway_reloads_total{result=\"success\"} 1\n"))
        #expect(elsewhere.hasSuffix("401 "))
        #expect(ended.status == 0)
    }

    @Test func `serve answers readyz where clients come in, if it is told to`() async throws {
        let file = try await folder.configuration(drain: "{ notReady: 1h }", server: ", readyz: true")
        let command = try Command(["serve", "--config", file], in: folder)
        let address = try address(in: try await command.line(with: "Listening."), after: "address")
        _ = try await command.line(with: "Answering operators.")

        let ready = try await get("http://\(address)/readyz")
        command.signal(SIGTERM)
        _ = try await command.line(with: "Draining.")
        let draining = try await get("http://\(address)/readyz")
        let alive = try await get("http://\(address)/livez")
        command.signal(SIGTERM)
        let ended = try await command.end()

        #expect(ready == #"{"status":"ok"}200 "#)
        #expect(draining == #"{"error":"The gateway is draining"}503 "#)
        // The rest of the operator's side stays there.
        #expect(alive.hasSuffix("401 "))
        #expect(!ended.output.contains("readyz"))
    }

    @Test func `serve reads certificates anew on SIGHUP`() async throws {
        let certificates = try await TestCertificates()
        let old = try await certificates.make("served", for: ["old.test"])
        let listener = ", tls: { certificate: \(old.certificate), key: \(old.key) }"
        let command = try Command(
            ["serve", "--config", try await folder.configuration(listener: listener)], in: folder)
        let address = try address(in: try await command.line(with: "Listening."), after: "address")

        let before = try await shown(at: address)
        _ = try await certificates.make("served", for: ["new.test"])
        command.signal(SIGHUP)
        _ = try await command.line(with: "The new configuration is in force.")
        let after = try await shown(at: address)
        command.signal(SIGTERM)

        #expect(before.contains("DNS:old.test"))
        #expect(after.contains("DNS:new.test"))
        #expect(try await command.end().status == 0)
    }

    /// The certificate that a server shows, in words.
    private func shown(at address: String) async throws -> String {
        let script = #"openssl s_client -connect "$1" </dev/null | openssl x509 -noout -ext subjectAltName"#
        return try await output(of: "sh", ["-c", script, "sh", address])
    }

    @Test(arguments: ["serve", "check"])
    func `a certificate that cannot be used is named, with status 78`(subcommand: String) async throws {
        let listener = ", tls: { certificate: missing.crt, key: missing.key }"
        let file = try await folder.configuration(listener: listener)

        let ended = try await Command.run(subcommand, "--config", file, in: folder)

        #expect(ended.status == 78)
        #expect(ended.errors.contains("\(folder.path("missing.crt")): cannot be read: No such file or directory"))
    }

    @Test func `serve outlives SIGHUP`() async throws {
        let command = try Command(["serve", "--config", try await folder.configuration()], in: folder)
        _ = try await command.line(with: "Listening.")

        command.signal(SIGHUP)
        _ = try await command.line(with: "SIGHUP")
        command.signal(SIGTERM)

        #expect(try await command.end().status == 0)
    }

    @Test func `serve on a port that is taken says which, with status 69`() async throws {
        let port = try HeldPort(listening: true)
        let file = try await folder.configuration(port: port.port)

        let ended = try await Command.run("serve", "--config", file, in: folder)

        #expect(ended.status == 69)
        #expect(ended.errors.contains("127.0.0.1:\(port.port)"))
        #expect(ended.errors.lowercased().contains("in use"))
    }

    @Test func `serve with a broken file is a configuration error before anything is bound`() async throws {
        let port = try HeldPort(listening: true)
        // Bound first, it would be a 69.
        let file = try await folder.configuration(port: port.port, "ratelimit: {}")

        let ended = try await Command.run("serve", "--config", file, in: folder)

        #expect(ended.status == 78)
        #expect(ended.errors.contains("rateLimit"))
        #expect(!ended.errors.contains("Listening."))
    }

    @Test func `serve without its keys is a configuration error before anything is bound`() async throws {
        let port = try HeldPort(listening: true)
        let file = try await folder.configuration(port: port.port)
        try FileManager.default.removeItem(atPath: folder.path("keys.yaml"))

        let ended = try await Command.run("serve", "--config", file, in: folder)

        #expect(ended.status == 78)
        #expect(ended.errors.contains("keys.yaml"))
    }

    @Test func `stub answers, and ends when it is told to`() async throws {
        let command = try Command(["stub"], in: folder)
        let line = try await command.line(with: "Stub upstreams are listening.")
        let answers = [
            try await get(try address(in: line, after: "conversations") + "/healthz"),
            try await get(try address(in: line, after: "crm") + "/healthz"),
        ]

        command.signal(SIGTERM)

        #expect(answers.allSatisfy { $0.contains("200") })
        #expect(try await command.end().status == 0)
    }

    @Test func `stub with a broken script is a configuration error`() async throws {
        let script = try folder.write("rules: [{ statuss: 503 }]", to: "stub.yaml")

        let ended = try await Command.run("stub", "--config", script, in: folder)

        #expect(ended.status == 78)
        #expect(ended.errors.contains("stub.yaml:1:"))
    }

    @Test func `demo shows a whole answer and ends`() async throws {
        let ended = try await Command.run("demo", "--once", in: folder)

        #expect(ended.status == 0)
        #expect(ended.output.contains("200 OK"))
        #expect(ended.output.contains("The answer is whole"))
        #expect(ended.output.contains("curl -i"))
    }
}
