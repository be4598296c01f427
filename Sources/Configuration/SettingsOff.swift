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
            server.listen.contains { $0.tls != nil } ? nil : "TLS",
            server.cors.origins.isEmpty ? "CORS" : nil,
            server.serverTiming ? nil : "Server-Timing",
            telemetry.otlp == nil ? "traces" : nil,
            of("health checks", without: { $0.health == nil }),
            of("retries", without: { $0.retries.attempts == 0 }),
            of("hedging", without: { $0.hedge == .off }),
            of("coalescing", without: { !$0.coalesce }),
            routes.contains { $0.reuse != nil } ? nil : "reuse of answers",
        ].compactMap(\.self)
    }

    /// Nil: no upstream is without.
    private func of(_ what: String, without isOff: (UpstreamSettings) -> Bool) -> String? {
        let names = upstreams.filter(isOff).map(\.name)
        if names.isEmpty { return nil }
        return names.count == upstreams.count ? what : "\(what) of \(names.joined(separator: ", "))"
    }
}
