// What a token says about its owner and its time (RFC 7519 section 4.1), held against its issuer's entry.

internal import Configuration
internal import JSON
internal import Pipeline

/// The claims of a token, of which everything is right but for the signature, which nobody has looked at yet.
struct TokenClaims {
    /// What two clocks may differ by.
    static let leeway = Duration.seconds(60)
    /// The end of the year 9999: later is no time but a mistake.
    private static let latest = 253_402_300_799.0

    let principal: Principal
    /// Until when it is good, leeway included; since 1970.
    let goodUntil: Duration

    /// - Parameter now: since 1970.
    /// - Throws: `unauthenticated`.
    init(_ members: UniqueMembers, of issuer: JWTSettings, now: Duration) throws(Failure) {
        let name = issuer.issuer
        guard let expiry = try Self.time("exp", members, name) else {
            throw .unauthenticated("the token of \(name) has no `exp`", credential: name)
        }
        goodUntil = expiry + Self.leeway
        guard now < goodUntil else { throw .unauthenticated("the token of \(name) has expired", credential: name) }
        if let start = try Self.time("nbf", members, name), now + Self.leeway < start {
            throw .unauthenticated("the token of \(name) is not valid yet", credential: name)
        }
        guard Self.audience(members, holds: issuer.audience) else {
            throw .unauthenticated("the token of \(name) is for another audience", credential: name)
        }
        guard let tenant = Self.identifier(members[issuer.tenantClaim]) else {
            throw .unauthenticated("the token of \(name) names no tenant in `\(issuer.tenantClaim)`", credential: name)
        }
        var workspace: String?
        if let claim = issuer.workspaceClaim, let value = members[claim] {
            workspace = Self.identifier(value)
            // Without this, what cannot be read would see every workspace.
            guard workspace != nil else {
                throw .unauthenticated("the token of \(name) names no workspace in `\(claim)`", credential: name)
            }
        }
        guard let scopes = Self.scopes(members[issuer.scopeClaim]) else {
            throw .unauthenticated(
                "the token of \(name) has something else than scopes in `\(issuer.scopeClaim)`", credential: name)
        }
        principal = Principal(tenant: tenant, scopes: scopes, workspace: workspace, credential: name)
    }

    /// A NumericDate (RFC 7519 section 2), which may have a fraction. Nil: there is none.
    private static func time(_ claim: String, _ members: UniqueMembers, _ name: String) throws(Failure) -> Duration? {
        guard let value = members[claim] else { return nil }
        guard case .number = value.kind, let seconds = Double(String(decoding: value.bytes, as: UTF8.self)),
            abs(seconds) <= latest
        else {
            throw .unauthenticated(
                "the token of \(name) has something else than a time in `\(claim)`", credential: name)
        }
        return .seconds(seconds)
    }

    /// `aud` is a text or a list of texts.
    private static func audience(_ members: UniqueMembers, holds audience: String) -> Bool {
        guard let value = members["aud"] else { return false }
        if let text = value.string { return text.means(audience) }
        return value.items.contains { $0.string?.means(audience) == true }
    }

    /// Texts separated by spaces (RFC 8693 section 4.2), or a list of texts. None: there is no such claim.
    private static func scopes(_ value: JSONValue?) -> Set<String>? {
        guard let value else { return [] }
        if let text = value.string { return Set(text.decoded.split(separator: " ").map(String.init)) }
        guard value.isArray else { return nil }
        var scopes: Set<String> = []
        for item in value.items {
            guard let text = item.string else { return nil }
            scopes.insert(text.decoded)
        }
        return scopes
    }

    /// What a header field and a log line can carry as it is; the same that records of keys may hold.
    private static func identifier(_ value: JSONValue?) -> String? {
        guard let text = value?.string?.decoded, (1...128).contains(text.utf8.count),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") })
        else { return nil }
        return text
    }
}
