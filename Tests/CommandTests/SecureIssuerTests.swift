// An issuer that publishes its keys over https, with certificates of its own authority: right ones, and ones that nobody
// should believe.

import Configuration
import Foundation
import Gateway
import StubUpstreams
import Support
import Testing

@Suite(.timeLimit(.minutes(1))) struct SecureIssuerTests {
    private let folder: Folder
    private let issuer: TokenIssuer

    init() throws {
        folder = try Folder()
        issuer = try TokenIssuer(tenant: Fixtures.tenantA)
    }

    /// Runs `body` with nginx as the provider, and a gateway that believes it by `ca`; nil: by the system's authorities.
    private func withProvider(
        certified names: [String]? = nil, ca: (TestCertificates) async throws -> String?, log: LogLines,
        _ body: (RunningGateway, LoopbackHost, TestCertificates) async throws -> Void
    ) async throws {
        let nginx = try await SecureNginx.start(
            "return 200 '\(try issuer.keySet())';", certified: names, in: folder)
        let authority = try await ca(nginx.certificates)
        let gateway = try await RunningGateway.start(
            settings: { settings in
                settings.tryOnce()
                var entry = JWTSettings(
                    issuer: issuer.name, audience: "gateway", jwks: nginx.url + "/keys.json",
                    tenantClaim: "tenant")
                entry.ca = authority
                settings.auth.jwt = [entry]
            }, log: log)
        try await body(gateway, nginx.host, nginx.certificates)
        try await gateway.stop()
        try await nginx.stop()
    }

    @Test func `takes tokens whose keys come from a server of the authority that the entry names`() async throws {
        try await withProvider(ca: { $0.authority }, log: LogLines()) { gateway, _, _ in
            let reply = try await gateway.get(Fixtures.active, key: try issuer.token())

            #expect(reply.status == 200)
        }
    }

    @Test(arguments: ["the system's", "another", "another host's"])
    func `answers 503 to the tokens of an issuer whose server cannot be believed, and all else goes on`(
        fault: String
    ) async throws {
        let log = LogLines()
        let other = try await TestCertificates()
        let names = fault == "another host's" ? ["other.test"] : nil
        try await withProvider(
            certified: names,
            ca: { fault == "the system's" ? nil : fault == "another" ? other.authority : $0.authority }, log: log
        ) { gateway, _, certificates in
            let token = try await gateway.get(Fixtures.active, key: try issuer.token())
            let key = try await gateway.get(Fixtures.active)

            #expect(token.status == 503)
            #expect(token.has("Retry-After"))
            #expect(key.status == 200)
            let line = log.lines.first { $0.contains("The keys of an issuer could not be fetched") }
            #expect(line?.contains("answered with 503") == true && line?.contains(issuer.name) == true)
            #expect(line?.lowercased().contains("certificate") == true, "\(line ?? "")")

            // As an operator would put it right, without a restart.
            guard names == nil else { return }
            var settings = gateway.gateway.settings
            settings.auth.jwt[0].ca = certificates.authority
            try await gateway.gateway.reload(settings)
            let then = try await gateway.get(Fixtures.active, key: try issuer.token())
            #expect(then.status == 200)
        }
    }
}
