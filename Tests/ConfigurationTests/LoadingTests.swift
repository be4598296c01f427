// What a file means, where it is right.

import Foundation
import Testing

@testable import Configuration

@Suite struct LoadingTests {
    @Test func `fills in everything a short file leaves out`() throws {
        let settings = try read(smallest())

        #expect(settings.server == ServerSettings())
        #expect(settings.upstreams == [UpstreamSettings(name: "things", endpoints: [.url("http://127.0.0.1:9101")])])
        #expect(settings.routes[0].deadline == .seconds(3))
        #expect(settings.routes[0].upstreamCalls == 3)
        #expect(settings.routes[0].notFound == "Not found")
        #expect(settings.routes[0].parts[0].into == .member("thing"))
        #expect(settings.routes[0].parts[0].onNotFound == .fail)
        #expect(settings.telemetry == TelemetrySettings())
    }

    @Test func `starts relative paths at the file's folder`() throws {
        let settings = try read(
            """
            server: { listen: [{ address: "127.0.0.1:1", tls: { certificate: tls/a.pem, key: /keys/a.pem } }] }

            """ + smallest("telemetry: { accessLog: ./access.log }")
        )

        #expect(settings.auth.apiKeysFile == "/etc/gateway/keys.yaml")
        #expect(settings.server.listen[0].tls == ListenerTLS(certificate: "/etc/gateway/tls/a.pem", key: "/keys/a.pem"))
        #expect(settings.telemetry.accessLog == .file("/etc/gateway/access.log"))
    }

    @Test func `takes values from the environment`() throws {
        let text = smallest("rateLimit: { burst: \"${BURST}\" }\ntelemetry: { accessLog: \"${LOG:-off}\" }")

        let settings = try read(text, environment: ["BURST": "7"])

        #expect(settings.rateLimit.burst == 7)
        #expect(settings.telemetry.accessLog == .off)
    }

    @Test func `keeps headers in the file's order, filled from the environment`() throws {
        let text = """
            auth: { anonymous: { tenant: demo } }
            upstreams:
              things:
                endpoints: [http://127.0.0.1:9101]
                headers:
                  X-Second: "2"
                  Authorization: Bearer ${TOKEN}
            routes: [{ name: thing, path: /thing, parts: [{ name: thing, upstream: things, path: /thing }] }]
            """

        let headers = try read(text, environment: ["TOKEN": "abc"]).upstreams[0].headers

        #expect(headers.map(\.name) == ["X-Second", "Authorization"])
        #expect(headers.map(\.value) == ["2", "Bearer abc"])
    }

    @Test(arguments: [
        ("hedge: off", UpstreamSettings.Hedge.off), ("hedge: \"off\"", .off), ("hedge: { after: p95 }", .afterP95),
        ("hedge: { after: 30ms }", .after(.milliseconds(30))), ("coalesce: true", .off),
    ]) func `reads hedging as a word or a section`(line: String, expected: UpstreamSettings.Hedge) throws {
        let text = smallest().replacing("[http://127.0.0.1:9101]", with: "[http://127.0.0.1:9101], \(line)")

        #expect(try read(text).upstreams[0].hedge == expected)
    }

    @Test(arguments: ["null", "\"null\""]) func `reads null as a word`(word: String) throws {
        let part =
            "- { name: thing, upstream: things, path: /t, onNotFound: \(word), onFailure: \(word), staleIfError: 5m }"

        let read = try read(smallest(parts: part)).routes[0].parts[0]

        #expect(read.onNotFound == .null)
        #expect(read.onFailure == .null)
        #expect(read.staleIfError == .seconds(300))
    }

    @Test func `takes a section with nothing in it for an absent one`() throws {
        let settings = try read(
            smallest("server:\n  limits:\n  trustedProxies:\nadmin: ~\ncontract:\ntelemetry: null\n")
        )

        #expect(settings.server == ServerSettings())
    }

    @Test func `reads threads, traces and limits shared by gateways`() throws {
        let settings = try read(
            smallest(
                """
                server: { threads: { edge: auto, fanOut: 2 } }
                telemetry: { traces: { sample: 0.1%, otlp: "http://collector:4318/v1/traces" } }
                rateLimit: { redis: "redis.internal:6379" }
                """)
        )

        #expect(settings.server.threads.edge == nil)
        #expect(settings.server.threads.fanOut == 2)
        #expect(settings.telemetry.traceSample == 0.001)
        #expect(settings.telemetry.otlp == "http://collector:4318/v1/traces")
        #expect(settings.rateLimit.redis == "redis.internal:6379")
    }

    @Test func `reads numbers for single tenants, each for what it leaves out the general one`() throws {
        let settings = try read(
            smallest(
                """
                rateLimit:
                  requestsPerSecond: 10
                  tenants:
                    0a1b: { requestsPerSecond: 1000 }
                    "t/2": { burst: 1 }
                """)
        )

        #expect(!settings.rateLimit.isOff)
        #expect(settings.rateLimit.tenants["0a1b"] == .init(requestsPerSecond: 1000, burst: 200))
        #expect(settings.rateLimit.tenants["t/2"] == .init(requestsPerSecond: 10, burst: 1))
    }

    @Test(arguments: ["redis.internal:6379", "127.0.0.1:1", "unix:/run/redis.sock"])
    func `takes a Redis by address or by socket`(text: String) throws {
        #expect(try read(smallest("rateLimit: { redis: \"\(text)\" }")).rateLimit.redis == text)
    }

    @Test(arguments: [("off", true), ("", false), ("~", false), ("{}", false)])
    func `has no rate if it is told so`(text: String, isOff: Bool) throws {
        let limit = try read(smallest("rateLimit: \(text)\n")).rateLimit

        #expect(limit.isOff == isOff)
        #expect(limit.requestsPerSecond == 100)
    }

    @Test(arguments: [("off", nil), ("1ms", 1), ("500ms", 500), ("10s", 10_000)] as [(String, Int?)])
    func `gives answers again for as long as it is told`(text: String, milliseconds: Int?) throws {
        let route = try read(smallest().replacing("    parts:", with: "    reuse: \(text)\n    parts:")).routes[0]

        #expect(route.reuse == milliseconds.map { .milliseconds($0) })
    }

    @Test func `gives no answer again unless it is told`() throws {
        #expect(try read(smallest()).routes[0].reuse == nil)
    }

    @Test func `allows anonymous callers on loopback`() throws {
        let text = smallest().replacing(
            "{ apiKeys: { file: keys.yaml } }", with: "{ anonymous: { tenant: demo, scopes: [conversations:read] } }")

        #expect(
            try read(text).auth.anonymous == AnonymousSettings(tenant: "demo", scopes: ["conversations:read"]))
    }

    @Test func `takes aliases of YAML`() throws {
        let text = smallest().replacing(
            "127.0.0.1:9101] }",
            with:
                "127.0.0.1:9101], timeouts: &t { attempt: 1s } }\n  more: { endpoints: [http://a], timeouts: *t }"
        )

        #expect(try read(text).upstreams[1].timeouts.attempt == .seconds(1))
    }

    @Test func `accepts prior knowledge from libcurl 8 on`() throws {
        let text = smallest().replacing("127.0.0.1:9101]", with: "127.0.0.1:9101], protocol: h2c")

        #expect(problems(text, libcurl: LibcurlVersion(major: 8, minor: 0, patch: 0)) == [])
        #expect(problems(text, libcurl: LibcurlVersion(major: 7, minor: 88, patch: 1)).count == 1)
    }

    @Test func `loads a configuration made for measuring`() throws {
        let text = try String(contentsOf: Folders.samples.appending(path: "measuring.yaml"), encoding: .utf8)

        let settings = try read(text)

        #expect(settings.upstreams.map(\.concurrency.queue) == [4096, 4096])
        #expect(settings.admin.address.port == 0)
        #expect(settings.telemetry.accessLog == .file("/dev/null"))
        #expect(settings.routes[0].parts.count == 5)
    }

    @Test func `takes the contract that the file names`() throws {
        let text = smallest("contract: { file: openapi.yaml, mode: warn }")

        let contract = try ConfigurationFile.read(
            text, file: "gateway.yaml", folder: Folders.config.path, environment: [:],
            libcurl: LibcurlVersion(major: 8, minor: 0, patch: 0)
        ).contract

        #expect(contract.mode == .warn)
        #expect(contract.schemas["Conversation"] != nil)
        #expect(contract.memberOrder["/api/conversations/{id}"]?.first == "id")
    }

    @Test func `reports what is wrong with the contract beside what is wrong with the file`() {
        let text = smallest("contract: { file: broken-openapi.yaml, mode: of course }")

        let error = #expect(throws: ConfigurationProblems.self) {
            try ConfigurationFile.read(
                text, file: "gateway.yaml", folder: Folders.samples.path, environment: [:],
                libcurl: LibcurlVersion(major: 8, minor: 0, patch: 0))
        }

        #expect(error?.problems.first?.file == "broken-openapi.yaml")
        #expect(error?.problems.last?.file == "gateway.yaml")
    }

    @Test func `says when a file cannot be read`() {
        for (path, reason) in [
            ("/nowhere/gateway.yaml", "cannot be read: No such file or directory"),
            (Folders.tests.path, "cannot be read: Is a directory"),
            ("/dev/zero", "is longer than 4MiB, which no configuration is"),
        ] {
            #expect(throws: ConfigurationProblems([Problem(file: path, line: 1, column: 1, message: reason)])) {
                try ConfigurationFile.load(
                    path: path, environment: [:], libcurl: LibcurlVersion(major: 8, minor: 0, patch: 0))
            }
        }
    }

    @Test(arguments: ["[", "{a: ", "- ", "? ", "&a ", "a: [", "!!map {"]) func `survives deep nesting`(opening: String)
    {
        #expect(!problems(String(repeating: opening, count: 20_000)).isEmpty)
    }

    @Test func `survives keys that are doubled beyond reason`() {
        let text = String(repeating: "burst: 1\n", count: 300)

        #expect(problems(text).filter { $0.contains("`burst` is there twice") }.count == 299)
    }

    /// Whatever an operator's editor leaves behind is reported, and never traps.
    @Test func `survives damaged files`() throws {
        let sample = Array(try String(contentsOf: Folders.config.appending(path: "gateway.yaml"), encoding: .utf8).utf8)
        var random = Seeded(state: 42)

        for _ in 0..<300 {
            var bytes = sample
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes.remove(at: place)
                case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
                default: bytes.insert(contentsOf: bytes[place..<min(place + 40, bytes.count)], at: place)
                }
            }
            for problem in problems(String(decoding: bytes, as: UTF8.self)) {
                #expect(problem.wholeMatch(of: /gateway\.yaml:[1-9][0-9]*:[1-9][0-9]*: .+/) != nil)
            }
        }
    }
}

/// SplitMix64: the same numbers in each run.
private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
