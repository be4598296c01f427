// What a configuration leaves out or turns off: an operator who looks for it should not look in vain.

extension Settings {
    /// In a few words each, the most surprising first.
    package var turnedOff: [String] {
        [
            auth.anonymous == nil ? nil : "asking for a credential",
            rateLimit.isOff ? "rate limits" : nil,
            server.limits.lag == nil ? "refusing requests while loops lag" : nil,
            auth.failures.isOff ? "limit on refused credentials" : nil,
            telemetry.accessLog == .off ? "access log" : nil,
            contract.mode == .warn ? "refusing replies that break the contract" : nil,
            unchecked,
            server.listen.contains { $0.tls != nil } ? nil : "TLS",
            server.listen.contains { $0.tls?.clientCA != nil } ? nil : "client certificates",
            auth.apiKeysFile == nil ? "API keys" : nil,
            auth.jwt.isEmpty ? "tokens" : nil,
            admin.token == nil ? "token for operators" : nil,
            server.trustedProxies.isEmpty ? "trusted proxies" : nil,
            server.listen.contains(where: \.proxyProtocol) ? nil : "PROXY protocol",
            server.readyz ? nil : "/readyz at listeners",
            server.cors.origins.isEmpty ? "CORS" : nil,
            server.serverTiming ? nil : "Server-Timing",
            telemetry.otlp == nil ? "traces" : nil,
            rateLimit.isOff || rateLimit.redis != nil ? nil : "rates in Redis",
            of("health checks", without: { $0.health == nil }),
            of("retries", without: { $0.retries.attempts == 0 }),
            of("hedging", without: { $0.hedge == .off }),
            of("adaptive limits", without: { !$0.concurrency.adaptive }),
            of("coalescing", without: { !$0.coalesce }),
            perRoute("answers without a part (onFailure)") { $0.onFailure == .fail },
            perRoute("earlier replies for failed parts (staleIfError)") { $0.staleIfError == nil },
            routes.contains { $0.reuse != nil } ? nil : "reuse of answers",
        ].compactMap(\.self)
    }

    /// Parts whose replies may be anything that is JSON. Nil: there are none.
    private var unchecked: String? {
        let names = routes.flatMap { route in
            route.parts.filter { $0.schema == nil }.map { routes.count == 1 ? $0.name : "\(route.name).\($0.name)" }
        }
        return names.isEmpty ? nil : "checking replies of \(names.joined(separator: ", "))"
    }

    /// Nil: no upstream is without.
    private func of(_ what: String, without isOff: (UpstreamSettings) -> Bool) -> String? {
        Self.told(what, of: upstreams.filter(isOff).map(\.name), all: upstreams.count)
    }

    /// A route is without when each of its parts is. Nil: none is.
    private func perRoute(_ what: String, without isOff: (PartSettings) -> Bool) -> String? {
        Self.told(what, of: routes.filter { $0.parts.allSatisfy(isOff) }.map(\.name), all: routes.count)
    }

    private static func told(_ what: String, of names: [String], all count: Int) -> String? {
        if names.isEmpty { return nil }
        return names.count == count ? what : "\(what) of \(names.joined(separator: ", "))"
    }
}
