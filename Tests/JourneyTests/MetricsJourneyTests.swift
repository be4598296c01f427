// What a scrape tells of requests, and that Prometheus' own tools and Prometheus itself have nothing to say against it.

import Configuration
import Foundation
import Gateway
import Glibc
import StubUpstreams
import Support
import Testing

private let files = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Metrics")
private let deploy = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "deploy")

@Suite(.timeLimit(.minutes(1)))
struct MetricsJourneyTests {
    private func scrape(_ gateway: RunningGateway, accept: String? = nil) async throws -> HTTPReply {
        let client = try Client(port: gateway.gateway.adminAddresses[0].port)
        defer { client.close() }
        let field = accept.map { "Accept: \($0)\r\n" } ?? ""
        try client.send("GET /metrics HTTP/1.1\r\nHost: a\r\n\(field)\r\n")
        return try await client.reply()
    }

    /// One request that is answered, one that reaches no route, one whose contact is missing; and all that has figures only
    /// where it is configured.
    private func withSomeRequests(_ body: (RunningGateway) async throws -> Void) async throws {
        let keys = try KeyServer(TokenIssuer(tenant: Fixtures.tenantA).keySet())
        var broken = Part.named("contact").rule([.status(500)])
        broken.calls = .from(2)
        try await withGateway(
            script: Script(rules: [broken]),
            settings: {
                $0.tryOnce()
                // Loops have figures of their own, and machines have more or fewer of them.
                ($0.server.threads.edge, $0.server.threads.fanOut) = (1, 1)
                $0.change(part: "contact") { $0.onFailure = .null }
                $0.telemetry.accessLog = .file("/dev/null")
                $0.rateLimit.redis = "unix:/nowhere/redis.sock"
                $0.auth.jwt = [
                    JWTSettings(
                        issuer: "https://issuer.test", audience: "gateway", jwks: keys.url, tenantClaim: "tenant")
                ]
            },
            { gateway in
                let hasKeys = try await eventually { try await gateway.figures().contains("gateway_jwks_age_seconds{") }
                #expect(hasKeys)
                for _ in 0..<2 { #expect(try await gateway.get(Fixtures.active).status == 200) }
                #expect(try await gateway.get("/nowhere").status == 404)
                try await body(gateway)
            })
    }

    /// The text with what differs from run to run made the same.
    private func fixed(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            guard !line.hasPrefix("#"), let space = line.lastIndex(of: " ") else { return String(line) }
            return line[..<space].replacing(#/127\.0\.0\.1:\d+/#, with: "127.0.0.1:PORT")
                .replacing(#/version="[^"]*"/#, with: #"version="VERSION""#) + " N"
        }.joined(separator: "\n")
    }

    // MARK: The text

    @Test func `the whole text is what it was, but for times and counts`() async throws {
        try await withSomeRequests { gateway in
            let text = fixed(try await scrape(gateway).text)
            let golden = files.appending(path: "metrics.txt")
            if ProcessInfo.processInfo.environment["WRITE_GOLDEN"] == "1" {
                try Data(text.utf8).write(to: golden)
            }

            let expected = try String(contentsOf: golden, encoding: .utf8)
            let lines: [Substring] = text.split(separator: "\n"), wanted: [Substring] = expected.split(separator: "\n")
            #expect(lines == wanted)
        }
    }

    @Test func `requests, parts and attempts are counted by how they ended`() async throws {
        try await withSomeRequests { gateway in
            let all = try await figures(of: gateway)

            #expect(all[#"gateway_requests_total{route="conversation",status="200",failure=""}"#] == 2)
            #expect(all[#"gateway_requests_total{route="",status="404",failure="unknown_route"}"#] == 1)
            #expect(all[#"gateway_request_duration_seconds_count{route="conversation"}"#] == 2)
            #expect(all[#"gateway_request_overhead_seconds_count{route="conversation"}"#] == 2)
            let contact = #"route="conversation",part="contact",upstream="crm""#
            #expect(all["gateway_parts_total{\(contact),outcome=\"fetched\",failure=\"\"}"] == 1)
            #expect(all["gateway_parts_total{\(contact),outcome=\"missing\",failure=\"upstream_server_error\"}"] == 1)
            #expect(all["gateway_part_duration_seconds_count{\(contact)}"] == 2)
            let attempts = #"gateway_upstream_attempts_total{upstream="crm",cause="first","#
            #expect(all[attempts + #"result="success",status="200"}"#] == 3)
            #expect(all[attempts + #"result="upstream_server_error",status="500"}"#] == 1)
            let sum = try #require(all[#"gateway_request_duration_seconds_sum{route="conversation"}"#])
            let own = try #require(all[#"gateway_request_overhead_seconds_sum{route="conversation"}"#])
            #expect(own > 0 && own < sum)
            let opened = try #require(all[#"gateway_upstream_connections_total{upstream="conversations"}"#])
            #expect(opened >= 1)
            #expect(all[#"gateway_upstream_connect_seconds_count{upstream="conversations"}"#] == opened)
        }
    }

    @Test func `counts go on over a reload`() async throws {
        try await withSomeRequests { gateway in
            var settings = gateway.gateway.settings
            settings.server.serverTiming = false
            try await gateway.gateway.reload(settings)
            _ = try await gateway.get(Fixtures.active)

            let all = try await figures(of: gateway)
            #expect(all[#"gateway_requests_total{route="conversation",status="200",failure=""}"#] == 3)
        }
    }

    @Test func `a circuit that opens is seen, and counted`() async throws {
        try await withGateway(
            script: .parts(["contact": [.status(500)]]),
            settings: {
                $0.tryOnce()
                $0.change("crm") { $0.circuit.calls = 1 }
            },
            { gateway in
                for _ in 0..<2 { _ = try await gateway.get(Fixtures.active) }
                let endpoint = #"upstream="crm",endpoint="\#(gateway.stubs.crmURL)""#

                let all = try await figures(of: gateway)

                #expect(all["gateway_endpoint_circuit_state{\(endpoint)}"] == 2)
                #expect(all["gateway_endpoint_events_total{\(endpoint),event=\"circuit_opened\"}"] == 1)
                let refused = all[#"gateway_requests_total{route="conversation",status="503",failure="circuit_open"}"#]
                #expect(try #require(refused) >= 1)
            })
    }

    @Test func `OpenMetrics is for whoever asks for it`() async throws {
        try await withSomeRequests { gateway in
            let text = try await scrape(gateway)
            let open = try await scrape(gateway, accept: "application/openmetrics-text;version=1.0.0,*/*;q=0.1")

            #expect(text["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(open["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8")
            #expect(text["Vary"] == "Accept" && open["Vary"] == "Accept")
            #expect(open.text.hasSuffix("\n# EOF\n") && !text.text.contains("# EOF"))
            #expect(open.text.contains("# TYPE gateway_requests counter\ngateway_requests_total{"))
        }
    }

    // MARK: Prometheus

    @Test func `promtool finds nothing`() async throws {
        try await withSomeRequests { gateway in
            let file = gateway.folder + "/metrics"
            try Data(try await scrape(gateway).body).write(to: URL(filePath: file))

            let said = try await output(of: "sh", ["-c", "promtool check metrics < \(file); echo status $?"])

            #expect(said == "status 0\n")
        }
    }

    @Test func `a real Prometheus scrapes it`() async throws {
        try await withSomeRequests { gateway in
            let prometheus = try await Prometheus(
                scraping: "\(gateway.gateway.adminAddresses[0])", in: gateway.folder)
            defer { prometheus.end() }

            var answer = ""
            let isThere = try await eventually {
                answer = try await prometheus.ask("gateway_request_duration_seconds_count")
                return answer.contains(#""route":"conversation""#)
            }

            #expect(isThere, "\(answer)")
            #expect(answer.contains(#""job":"conversation-gateway""#))
            #expect(try await prometheus.ask("up").contains(#","1"]"#))
            #expect(try await prometheus.ask("gateway_requests_total").contains(#""failure":"unknown_route""#))
        }
    }

    @Test func `the alert rules are well-formed, and fire when they should and not before`() async throws {
        let rules = deploy.appending(path: "alerts.yaml").path

        let check = try await output(of: "promtool", ["check", "rules", rules])
        let test = try await output(of: "promtool", ["test", "rules", files.appending(path: "alerts.test.yaml").path])

        #expect(check.contains("SUCCESS") && !check.contains("FAILED"), "\(check)")
        #expect(test.contains("SUCCESS") && !test.contains("FAILED"), "\(test)")
    }

    @Test func `the dashboard's queries are well-formed`() async throws {
        let dashboard = try JSONDecoder().decode(
            Dashboard.self, from: Data(contentsOf: deploy.appending(path: "grafana.json")))
        let queries = dashboard.panels.flatMap { $0.targets ?? [] }.map {
            $0.expr.replacing("$job", with: ".*").replacing("$__rate_interval", with: "1m")
        }
        let rules = queries.enumerated().map { "  - { record: 'query:\($0)', expr: '\($1)' }\n" }.joined()
        let file = FileManager.default.temporaryDirectory.appending(path: "queries-\(UUID().uuidString).yaml")
        try Data("groups:\n- name: dashboard\n  rules:\n\(rules)".utf8).write(to: file)
        defer { unlink(file.path) }

        let check = try await output(of: "promtool", ["check", "rules", file.path])

        #expect(queries.count > 30)
        #expect(check.contains("SUCCESS: \(queries.count) rules found"), "\(check)")
    }

    private struct Dashboard: Decodable {
        struct Panel: Decodable { let targets: [Target]? }
        struct Target: Decodable { let expr: String }
        let panels: [Panel]
    }

    @Test func `each alert says where to read on, and there is such a place`() throws {
        let rules = try String(contentsOf: deploy.appending(path: "alerts.yaml"), encoding: .utf8)
        let operating = try String(
            contentsOf: deploy.deletingLastPathComponent().appending(path: "Sources/Gateway/Gateway.docc/Operating.md"),
            encoding: .utf8)

        let places = rules.matches(of: #/runbook: "Operating, ([^:]+):/#).map { String($0.output.1) }

        #expect(places.count == rules.matches(of: #/- alert: /#).count)
        for place in places { #expect(operating.contains("# \(place)\n"), "\(place)") }
    }

    @Test func `alerts and the dashboard name only figures that there are, and all of them`() throws {
        let golden = try String(contentsOf: files.appending(path: "metrics.txt"), encoding: .utf8)
        let known = golden.matches(of: #/# TYPE (\S+) (\w+)/#).reduce(into: Set<String>()) { names, type in
            let name = String(type.output.1)
            names.formUnion(type.output.2 == "histogram" ? ["_bucket", "_sum", "_count"].map { name + $0 } : [name])
        }
        var named: Set<String> = []
        for file in ["alerts.yaml", "grafana.json"] {
            // Not what they say to people, where a histogram goes by its name alone.
            let text = try String(contentsOf: deploy.appending(path: file), encoding: .utf8)
                .split(separator: "\n").filter { !$0.contains("runbook:") }.joined(separator: "\n")
            let here = Set(text.matches(of: #/\b(?:gateway|process)_[a-z_]+/#).map { String($0.output) })
            #expect(here.count > 10)
            #expect(here.subtracting(known).isEmpty, "\(file): \(here.subtracting(known))")
            named.formUnion(here)
        }
        // And the other way: what is told is looked at somewhere.
        let unseen = known.subtracting(named).filter { !$0.hasSuffix("_sum") && !$0.hasSuffix("_count") }
        #expect(unseen.isEmpty, "\(unseen)")
        _ = try JSONSerialization.jsonObject(with: Data(contentsOf: deploy.appending(path: "grafana.json")))
    }
}

/// A Prometheus of a test's own, on loopback.
private final class Prometheus: Sendable {
    private let process: pid_t
    private let port: Int

    init(scraping target: String, in folder: String) async throws {
        let configuration = """
            global: { scrape_interval: 200ms }
            scrape_configs:
              - { job_name: conversation-gateway, static_configs: [ { targets: ["\(target)"] } ] }

            """
        try Data(configuration.utf8).write(to: URL(filePath: folder + "/prometheus.yml"))
        let said = try await output(
            of: "sh",
            [
                "-c",
                """
                prometheus --config.file=\(folder)/prometheus.yml --storage.tsdb.path=\(folder)/tsdb \
                --web.listen-address=127.0.0.1:0 > \(folder)/prometheus.log 2>&1 & echo $!
                """,
            ])
        process = try #require(pid_t(said.prefix { $0.isNumber }))
        var port: Int?
        _ = try await eventually {
            let log = try String(contentsOfFile: folder + "/prometheus.log", encoding: .utf8)
            port = log.firstMatch(of: #/Listening on" address=127\.0\.0\.1:(\d+)/#).flatMap { Int($0.output.1) }
            return port != nil
        }
        self.port = try #require(port, "Prometheus does not listen.")
    }

    /// The answer to a query, as JSON.
    func ask(_ query: String) async throws -> String {
        let client = try Client(port: port)
        defer { client.close() }
        try client.send("GET /api/v1/query?query=\(query) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        return String(decoding: try await client.rest(), as: UTF8.self)
    }

    func end() { kill(process, SIGKILL) }
}
