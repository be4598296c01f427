// The file's `auth` and `rateLimit`: who may call, and how much.

extension Section {
    func auth(_ auth: inout AuthSettings, listeners: [ListenerSettings]) {
        let file = Kind<String>.file(in: reading.folder)
        set(
            &auth.environment, "environment", .word,
            "Which API keys are served: `sf_live_…` or `sf_test_…`. The other's are unknown here.")
        auth.apiKeysFile = optional("apiKeys", "Keys that were issued by hand.") { keys in
            keys.need(
                "file", file,
                "Records of keys, as `gateway keys create` prints them. Read again when it changes, and on SIGHUP.")?
                .value
        }
        auth.jwt = list("jwt", "Issuers whose tokens are accepted.", { $0.jwt() }) ?? []
        for (place, entry) in auth.jwt.enumerated()
        where auth.jwt[..<place].contains(where: { $0.issuer == entry.issuer }) {
            // A token's issuer chooses the entry, so there can be one for each.
            report(at: "jwt", "`\(fullName("jwt"))` has two entries for the issuer \(entry.issuer)")
        }
        auth.anonymous = optional(
            "anonymous", "For trying out: whoever calls without a credential is this tenant. Loopback only.",
            { $0.anonymous() })
        set(
            &auth.failures, "failures", .failures,
            "How many refused credentials of one address are put up with, or `off`. Then its credentials are not looked at "
                + "for a while: 429.", orSection: { $0.failures() })

        let open = listeners.contains { !$0.address.isLoopback }
        if open, has("anonymous") {
            report(at: "anonymous", "`auth.anonymous` is refused unless every listener is on a loopback address")
        }
        let ways = allEntries.filter { ["apiKeys", "jwt", "anonymous"].contains($0.key) && !$0.node.isNothing }
        if ways.allSatisfy({ isEmptyList($0.key) }) { report(place, Self.nobody) }
    }

    static let nobody = "nobody could be let in: `auth` needs `apiKeys`, `jwt` or `anonymous`"

    private func jwt() -> JWTSettings? {
        let issuer = need("issuer", .text, "`iss` of the tokens, byte for byte.")
        let audience = need("audience", .text, "What `aud` must hold.")
        let jwks = need(
            "jwks", .fileOrURL(in: reading.folder),
            "The issuer's public keys (RFC 7517): a file, or a URL that is fetched in the background.")
        let ca = find(
            "ca", .file(in: reading.folder),
            "PEM: the authorities that are trusted where `jwks` is an https URL. Absent: the system's.")
        if ca != nil, jwks.map({ !$0.value.hasPrefix("https://") }) ?? false {
            report(at: "ca", "`\(fullName("ca"))` has no use: `jwks` is no https URL")
        }
        let tenant = need("tenantClaim", .text, "The claim that names the tenant.")
        let scope = find(
            "scopeClaim", .text, "The claim that lists scopes, separated by spaces or as a list.", standard: "scope")
        let workspace = find(
            "workspaceClaim", .text, "The claim that names the only workspace a token may see. Absent: all of them.")
        var algorithms = JWTSettings.Algorithm.allCases
        set(
            &algorithms, "algorithms", listOf: .word,
            "What `alg` of the tokens may be. Best the only one that the issuer signs with.")
        if isEmptyList("algorithms") { report(at: "algorithms", "`\(fullName("algorithms"))` leaves no algorithm") }
        guard let issuer, let audience, let jwks, let tenant else { return nil }
        var settings = JWTSettings(
            issuer: issuer.value, audience: audience.value, jwks: jwks.value, tenantClaim: tenant.value,
            scopeClaim: scope?.value ?? "scope", workspaceClaim: workspace?.value)
        settings.algorithms = algorithms
        settings.ca = ca?.value
        return settings
    }

    private func anonymous() -> AnonymousSettings? {
        let tenant = need("tenant", .identifier, "The tenant of every stranger.")
        var scopes: [String] = []
        set(&scopes, "scopes", listOf: .scope, "What strangers may do.")
        return tenant.map { AnonymousSettings(tenant: $0.value, scopes: scopes) }
    }

    private func failures() -> AuthSettings.Failures {
        var failures = AuthSettings.Failures()
        set(&failures.perSecond, "perSecond", .perSecond, "Refused credentials a second, in the long run.")
        set(&failures.burst, "burst", .perSecond, "Refused credentials at once.")
        return failures
    }

    func rateLimit() -> RateLimitSettings {
        var limit = RateLimitSettings()
        set(
            &limit.requestsPerSecond, "requestsPerSecond", .perSecond,
            "Requests a second that each tenant may make in the long run. More are 429.")
        set(&limit.burst, "burst", .perSecond, "Requests that a tenant who was quiet may make at once.")
        let tenants = named(
            "tenants", of: .identifier, isRequired: false, "Tenants for which other numbers hold, each under its id."
        ) { tenant, section in
            var numbers = RateLimitSettings.Tenant(requestsPerSecond: limit.requestsPerSecond, burst: limit.burst)
            section.set(&numbers.requestsPerSecond, "requestsPerSecond", .perSecond, "Instead of the general number.")
            section.set(&numbers.burst, "burst", .perSecond, "Instead of the general number.")
            return (tenant, numbers)
        }
        limit.tenants = Dictionary(tenants) { first, _ in first }
        set(
            &limit.redis, "redis", .server,
            "Redis that holds the buckets of several gateways. Absent: each gateway counts alone.")
        return limit
    }
}

extension Kind where Value == Int {
    fileprivate static var perSecond: Kind { .whole(1...10_000_000) }
}

extension Kind where Value == RateLimitSettings {
    static var rateLimit: Kind {
        offOrSection(RateLimitSettings(), off: \.isOff) {
            .object([("requestsPerSecond", .whole($0.requestsPerSecond)), ("burst", .whole($0.burst))])
        }
    }
}

extension Kind where Value == AuthSettings.Failures {
    fileprivate static var failures: Kind {
        offOrSection(AuthSettings.Failures(), off: \.isOff) {
            .object([("perSecond", .whole($0.perSecond)), ("burst", .whole($0.burst))])
        }
    }
}

extension Kind {
    /// The word `off`; the other case is a section. One whose settings are all commented out is one with the defaults.
    private static func offOrSection(
        _ defaults: Value, off: WritableKeyPath<Value, Bool>, section: @escaping (Value) -> WrittenJSON
    ) -> Kind {
        Kind(expectation: "`off` or a section", schema: [("const", "off")]) { (text) throws(Complaint) in
            var settings = defaults
            if ["", "~", "null"].contains(text) { return settings }
            guard text == "off" else { throw Complaint(suggestion: text == "false" ? "`off`" : nil) }
            settings[keyPath: off] = true
            return settings
        } write: {
            $0[keyPath: off] ? "off" : section($0)
        }
    }
}
