// What operators see of the configuration: every setting by its name in the file, and no secret.

import Foundation
import Testing

@testable import Configuration

@Suite struct SettingsDocumentTests {
    /// Read and then forgotten: what it says is in the settings, not where it was said. A pair of TLS files may be written in two ways.
    private static let exceptions: Set<String> = [
        "contract.file", "server.listen[].tls.certificate", "server.listen[].tls.key",
    ]

    @Test func `has every setting of the file, by its name there`() throws {
        let document = try document(of: try all)

        let names = try ConfigurationSchema.names().filter { !Self.exceptions.contains($0) }

        #expect(names.count > 100)
        for name in names { #expect(Self.value(of: name, in: document) != nil, "\(name)") }
    }

    @Test func `tells values as the file has them`() throws {
        let document = try document(of: try all)

        let values = [
            "server.limits.requestLine": "8KiB", "server.limits.lag": "250ms", "upstreams.*.retries.budget": "20%",
            "upstreams.*.health.every": "5s", "upstreams.*.hedge.after": "p95", "routes[].parameters.*": "uuid",
            "routes[].parts[].staleIfError": "10m", "telemetry.traces.sample": "5%",
        ]
        for (name, value) in values { #expect(Self.value(of: name, in: document) as? String == value, "\(name)") }
    }

    @Test func `tells no secret`() throws {
        let written = try all.document.written()

        #expect(!written.contains("hunter"))
        #expect(written.contains("***"))
    }

    @Test func `says off and null where nothing is`() throws {
        var settings = try all
        settings.rateLimit.isOff = true
        settings.auth.failures.isOff = true
        settings.server.limits.lag = nil
        settings.upstreams[0].hedge = .off
        settings.upstreams[0].health = nil

        let document = try document(of: settings)

        for name in ["rateLimit", "auth.failures", "server.limits.lag", "upstreams.*.hedge"] {
            #expect(Self.value(of: name, in: document) as? String == "off", "\(name)")
        }
        #expect(Self.value(of: "upstreams.*.health", in: document) is NSNull)
    }

    private func document(of settings: Settings) throws -> Any {
        try JSONSerialization.jsonObject(with: Data(settings.document.written().utf8))
    }

    /// Settings with something in every section and list.
    private var all: Settings {
        get throws {
            var settings = try ConfigurationFile.load(
                path: Folders.config.appending(path: "gateway.yaml").path, environment: [:],
                libcurl: LibcurlVersion(major: 7, minor: 88, patch: 1))
            settings.server.listen[0].tls = ListenerTLS(certificate: "/tls.crt", key: "/tls.key", clientCA: "/ca.crt")
            settings.admin.token = "hunter1hunter1hunter1hunter1"
            settings.auth.anonymous = AnonymousSettings(tenant: "t", scopes: ["s"])
            settings.auth.jwt = [
                JWTSettings(
                    issuer: "https://issuer.example", audience: "a", jwks: "https://u:hunter2@issuer.example/keys",
                    tenantClaim: "t")
            ]
            settings.rateLimit.tenants = ["t": RateLimitSettings.Tenant(requestsPerSecond: 1, burst: 2)]
            settings.telemetry.otlpHeaders = [UpstreamSettings.Header(name: "Authorization", value: "hunter3")]
            settings.upstreams = Array(settings.upstreams.prefix(1))
            settings.upstreams[0].headers = [UpstreamSettings.Header(name: "Authorization", value: "hunter4")]
            settings.upstreams[0].tls = UpstreamTLS(ca: "/ca.crt", certificate: "/tls.crt", key: "/tls.key")
            settings.upstreams[0].health = UpstreamSettings.Health()
            settings.upstreams[0].hedge = .afterP95
            settings.routes[0].parts[0].staleIfError = .seconds(600)
            return settings
        }
    }

    /// What stands in `document` for a name of the schema: `[]` is the first item, `*` the first member. Nil: nothing does.
    private static func value(of name: String, in document: Any) -> Any? {
        name.split(separator: ".").reduce(document as Any?) { value, word in
            let key = word.hasSuffix("[]") ? String(word.dropLast(2)) : String(word)
            let members = value as? [String: Any]
            let found = key == "*" ? members?.sorted { $0.key < $1.key }.first?.value : members?[key]
            return word.hasSuffix("[]") ? (found as? [Any])?.first : found
        }
    }
}
