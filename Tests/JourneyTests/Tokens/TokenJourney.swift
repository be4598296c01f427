// What journeys with tokens share: a gateway that believes an issuer.

import Foundation
import StubUpstreams
import Support

/// Runs `body` with a gateway that takes tokens of issuers.
/// - Parameter issuers: each with its place of keys, and further settings, with a comma before each.
func withTokens(
    _ issuers: [(name: String, jwks: String, more: String)], script: Script = Script(),
    _ body: (RunningGateway) async throws -> Void
) async throws {
    let entries = issuers.map {
        #"{ issuer: "\#($0.name)", audience: gateway, jwks: "\#($0.jwks)", tenantClaim: tenant"#
            + ", workspaceClaim: workspace\($0.more) }"
    }
    try await withGateway(
        script: script,
        configuration: {
            $0.replacing("keys.yaml } }", with: "keys.yaml }, jwt: [\(entries.joined(separator: ", "))] }")
        }, body)
}

/// Runs `body` with a gateway that has the issuer's keys in a file, whose path it gets as well.
func withTokens(
    of issuer: TokenIssuer, keys: String? = nil, more: String = "",
    _ body: (RunningGateway, String) async throws -> Void
) async throws {
    let file = FileManager.default.temporaryDirectory.path + "/keys-\(UUID().uuidString).json"
    try (keys ?? issuer.keySet()).write(toFile: file, atomically: true, encoding: .utf8)
    defer { unlink(file) }
    try await withTokens([(issuer.name, file, more)]) { try await body($0, file) }
}
