// Tokens for the askers of a bench.

import Configuration
import Identity
import Pipeline
import Support

@testable import Gateway

/// Who makes the bench's tokens, all with one key.
struct BenchIssuer: Sendable {
    let issuer: Issuer
    private let signer: TokenIssuer

    init() async throws {
        signer = try TokenIssuer(tenant: "")
        let settings = JWTSettings(
            issuer: signer.name, audience: "gateway", jwks: "/keys.json", tenantClaim: "tenant",
            workspaceClaim: "workspace")
        let reading = try KeySetReading(ReplyBody(signer.keySet().utf8), algorithms: settings.algorithms)
        issuer = Issuer(settings, KnownKeys(set: await KeySet(reading)))
    }

    /// A token for what that key is for.
    func token(_ key: KeyRecord) throws -> String {
        try signer.token(
            claims: signer.claims([
                "tenant": "\"\(key.tenantId)\"", "scope": "\"\(key.scopes.joined(separator: " "))\"",
                "workspace": key.workspaceId.map { "\"\($0)\"" },
            ]))
    }
}
