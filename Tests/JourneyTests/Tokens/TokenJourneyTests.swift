// Tokens that let somebody in, and whom.

import Foundation
import Gateway
import StubUpstreams
import Support
import Testing

@Suite struct TokenJourneyTests {
    private let issuer: TokenIssuer

    init() throws { issuer = try TokenIssuer(tenant: Fixtures.tenantA) }

    @Test func `takes a token of each algorithm, again and again`() async throws {
        try await withTokens(of: issuer) { gateway, _ in
            for algorithm in TokenIssuer.Algorithm.allCases {
                let token = try issuer.token(algorithm)
                for _ in 0..<3 {
                    #expect(try await gateway.get(Fixtures.active, key: token).status == 200, "\(algorithm)")
                }
            }
        }
    }

    @Test func `takes what the standards allow`() async throws {
        let now = Int(Date().timeIntervalSince1970)
        let rows: [[String: String?]] = [
            ["exp": "\(now - 30)"], ["exp": "\(now + 300).75"], ["exp": "1.0e10"], ["nbf": "\(now + 30)"],
            ["nbf": "-5"],
            ["aud": "[\"other\",\"gateway\"]"], ["aud": "[\"gateway\"]"], ["scope": "\"a  conversations:read b\""],
            ["scope": "[\"conversations:read\"]"], ["deep": "{\"exp\":1,\"exp\":[[[2]]]}"], ["iat": "\(now + 9999)"],
            ["sub": "null"], ["te\\nant": "\"x\""],
        ]
        try await withTokens(of: issuer) { gateway, _ in
            for row in rows {
                let reply = try await gateway.get(Fixtures.active, key: try issuer.token(claims: issuer.claims(row)))
                #expect(reply.status == 200, "\(row)")
            }
            let untyped = try issuer.token(header: #"{"kid":"ec","alg":"ES256"}"#)
            #expect(try await gateway.get(Fixtures.active, key: untyped).status == 200)
            // The one key that it can be.
            let nameless = try issuer.token(header: #"{"alg":"\u0045S256"}"#)
            #expect(try await gateway.get(Fixtures.active, key: nameless).status == 200)
            // Not looked at, and so not followed: the signature is by the issuer's own key.
            let more = #","jku":"http://127.0.0.1:1/","x5u":7,"jwk":{"kty":"oct"},"x5c":[],"b64":false,"cty":"JWT""#
            let decorated = try issuer.token(header: TokenIssuer.header(.es256, more: more))
            #expect(try await gateway.get(Fixtures.active, key: decorated).status == 200)
        }
    }

    @Test func `gives tenant, scopes and workspace what they are due`() async throws {
        try await withTokens(of: issuer) { gateway, _ in
            let rows: [([String: String?], Int)] = [
                (["tenant": "\"\(Fixtures.tenantB)\""], 404), (["scope": "\"other:read\""], 403), (["scope": nil], 403),
                (["scope": "[]"], 403), (["workspace": "\"\(Fixtures.workspace)\""], 200),
                (["workspace": "\"another\""], 404),
            ]
            for (claims, status) in rows {
                let reply = try await gateway.get(Fixtures.active, key: try issuer.token(claims: issuer.claims(claims)))
                #expect(reply.status == status, "\(claims)")
            }
            let tenants = Set(gateway.stubs.calls.map { $0.value("X-Tenant-Id") })
            #expect(tenants == [Fixtures.tenantA, Fixtures.tenantB])
        }
    }

    @Test func `serves keys beside tokens, and never looks at a query`() async throws {
        try await withTokens(of: issuer) { gateway, _ in
            let token = try issuer.token()
            let path = RunningGateway.path(Fixtures.active)

            #expect(try await gateway.get(Fixtures.active).status == 200)
            let queries = ["access_token=\(token)", "token=\(token)", "api_key=\(gateway.key)"]
            for query in queries {
                #expect(try await gateway.get("\(path)?\(query)", key: "").status == 401)
            }
        }
    }

    @Test func `holds each issuer to its own entry`() async throws {
        let other = try TokenIssuer(name: "https://other.test/", tenant: Fixtures.tenantB)
        let files = try [issuer, other].map { issuer in
            let file = FileManager.default.temporaryDirectory.path + "/keys-\(UUID().uuidString).json"
            try issuer.keySet().write(toFile: file, atomically: true, encoding: .utf8)
            return file
        }
        defer { for file in files { unlink(file) } }
        try await withTokens([
            (issuer.name, files[0], ""), (other.name, files[1], ", scopeClaim: scp, algorithms: [EdDSA]"),
        ]) { gateway in
            let scp = ["scp": "[\"conversations:read\"]"]
            let rows: [(String, Int)] = try [
                (issuer.token(), 200),
                // Tenant B, who has no such conversation.
                (other.token(.edDSA, claims: other.claims(scp)), 404),
                (other.token(.edDSA), 403),
                (other.token(.es256, claims: other.claims(scp)), 401),
                // Signed by one, in the name of the other.
                (issuer.token(.edDSA, claims: other.claims(scp)), 401),
                (other.token(.edDSA, claims: issuer.claims()), 401),
            ]
            for (place, row) in rows.enumerated() {
                #expect(try await gateway.get(Fixtures.active, key: row.0).status == row.1, "row \(place)")
            }
        }
    }

    @Test func `forgets what was verified when a key is taken from the file`() async throws {
        try await withTokens(of: issuer) { gateway, file in
            let tokens = try (try issuer.token(.es256), issuer.token(.edDSA))
            #expect(try await gateway.get(Fixtures.active, key: tokens.0).status == 200)

            try issuer.keySet([issuer.key(.edDSA)]).write(toFile: file, atomically: true, encoding: .utf8)
            try await gateway.gateway.reload(gateway.gateway.settings)

            #expect(try await gateway.get(Fixtures.active, key: tokens.0).status == 401)
            #expect(try await gateway.get(Fixtures.active, key: tokens.1).status == 200)
            for broken in ["", "{}", #"{"keys":[]}"#, #"{"keys":[{"kty":"oct","k":"AA"}]}"#] {
                try broken.write(toFile: file, atomically: true, encoding: .utf8)
                await #expect(throws: CannotReload.self, "\(broken)") {
                    try await gateway.gateway.reload(gateway.gateway.settings)
                }
                #expect(try await gateway.get(Fixtures.active, key: tokens.1).status == 200, "\(broken)")
            }
        }
    }
}
