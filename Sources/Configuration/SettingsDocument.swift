// The configuration as operators may see it: all that it says, and nothing of what it keeps secret. Upstreams and routes are in
// `SettingsDocumentParts.swift`.

extension Settings {
    /// As JSON, with the names and in the order of the file. Values of headers and tokens are `***`; what is absent is null, what is
    /// switched off `off`.
    package var document: WrittenJSON {
        .object([
            ("server", serverDocument),
            (
                "admin",
                .object([("address", .text(admin.address.description)), ("token", .masked(admin.token))])
            ),
            ("auth", authDocument),
            ("rateLimit", rateLimitDocument),
            ("upstreams", .object(upstreams.map { ($0.name, $0.document) })),
            ("routes", .list(routes.map(\.document))),
            ("contract", .object([("mode", .text(contract.mode.rawValue))])),
            ("telemetry", telemetry.document),
        ])
    }

    private var serverDocument: WrittenJSON {
        let timeouts = server.timeouts
        return .object([
            ("listen", .list(server.listen.map(\.document))),
            ("trustedProxies", .list(server.trustedProxies.map { .text($0.description) })),
            ("limits", server.limits.document),
            (
                "timeouts",
                .object([
                    ("headers", .time(timeouts.headers)), ("tls", .time(timeouts.tls)), ("idle", .time(timeouts.idle)),
                    ("write", .time(timeouts.write)), ("connectionAge", .time(timeouts.connectionAge)),
                ])
            ),
            (
                "drain", .object([("notReady", .time(server.drain.notReady)), ("finish", .time(server.drain.finish))])
            ),
            ("readyz", .flag(server.readyz)),
            (
                "cors",
                .object([
                    ("origins", .texts(server.cors.origins)), ("credentials", .flag(server.cors.credentials)),
                    ("maxAge", .time(server.cors.maxAge)),
                ])
            ),
            ("serverTiming", .flag(server.serverTiming)),
            (
                "threads",
                .object([("edge", .threads(server.threads.edge)), ("fanOut", .threads(server.threads.fanOut))])
            ),
        ])
    }

    private var authDocument: WrittenJSON {
        let anonymous = auth.anonymous.map { anonymous in
            WrittenJSON.object([("tenant", .text(anonymous.tenant)), ("scopes", .texts(anonymous.scopes))])
        }
        let failures = WrittenJSON.object([
            ("perSecond", .whole(auth.failures.perSecond)), ("burst", .whole(auth.failures.burst)),
        ])
        return .object([
            ("environment", .text(auth.environment.rawValue)),
            ("apiKeys", auth.apiKeysFile.map { .object([("file", .text($0))]) } ?? .null),
            ("jwt", .list(auth.jwt.map(\.document))),
            ("anonymous", anonymous ?? .null),
            ("failures", auth.failures.isOff ? "off" : failures),
        ])
    }

    private var rateLimitDocument: WrittenJSON {
        if rateLimit.isOff { return "off" }
        let tenants = rateLimit.tenants.sorted { $0.key < $1.key }.map { tenant, own in
            (
                tenant,
                WrittenJSON.object([("requestsPerSecond", .whole(own.requestsPerSecond)), ("burst", .whole(own.burst))])
            )
        }
        return .object([
            ("requestsPerSecond", .whole(rateLimit.requestsPerSecond)), ("burst", .whole(rateLimit.burst)),
            ("tenants", .object(tenants)), ("redis", .optional(rateLimit.redis?.withoutUser)),
        ])
    }
}

extension ListenerSettings {
    fileprivate var document: WrittenJSON {
        .object([
            ("address", .text(address.description)), ("tls", tls?.document ?? .null),
            ("proxyProtocol", .flag(proxyProtocol)),
        ])
    }
}

extension ListenerTLS {
    fileprivate var document: WrittenJSON {
        let pairs = certificates.map { pair in
            WrittenJSON.object([("certificate", .text(pair.certificate)), ("key", .text(pair.key))])
        }
        return .object([("certificates", .list(pairs)), ("clientCA", .optional(clientCA))])
    }
}

extension LimitSettings {
    fileprivate var document: WrittenJSON {
        .object([
            ("connections", .whole(connections)), ("requestLine", .size(requestLine)), ("headers", .size(headers)),
            ("headerCount", .whole(headerCount)), ("body", .size(body)), ("inFlight", .whole(inFlight)),
            ("lag", .orOff(lag)), ("streams", .whole(streams)),
        ])
    }
}

extension JWTSettings {
    fileprivate var document: WrittenJSON {
        .object([
            ("issuer", .text(issuer)), ("audience", .text(audience)), ("jwks", .text(jwks.withoutUser)),
            ("ca", .optional(ca)), ("tenantClaim", .text(tenantClaim)), ("scopeClaim", .text(scopeClaim)),
            ("workspaceClaim", .optional(workspaceClaim)), ("algorithms", .texts(algorithms.map(\.rawValue))),
        ])
    }
}

extension TelemetrySettings {
    fileprivate var document: WrittenJSON {
        .object([
            ("accessLog", .text(accessLog.word)),
            ("log", .object([("level", .text("\(log.level)")), ("format", .text("\(log.format)"))])),
            (
                "traces",
                .object([
                    ("sample", .share(traceSample)), ("slow", .share(traceSlow)),
                    ("otlp", .optional(otlp?.withoutUser)), ("ca", .optional(otlpCA)),
                    ("headers", .headers(otlpHeaders)),
                ])
            ),
        ])
    }
}

extension TelemetrySettings.AccessLog {
    fileprivate var word: String {
        switch self {
        case .stdout: "stdout"
        case .off: "off"
        case .file(let path): path
        }
    }
}

extension WrittenJSON {
    static func time(_ duration: Duration) -> WrittenJSON { .text(duration.written) }

    static func size(_ bytes: Int) -> WrittenJSON { Kind.size(0...Int.max).write(bytes) }

    static func share(_ share: Double) -> WrittenJSON { Kind.share(0...100).write(share) }

    static func orOff(_ duration: Duration?) -> WrittenJSON { duration.map { .time($0) } ?? "off" }

    static func texts(_ texts: [String]) -> WrittenJSON { .list(texts.map { .text($0) }) }

    /// With the names, and without the values.
    static func headers(_ headers: [UpstreamSettings.Header]) -> WrittenJSON {
        .object(headers.map { ($0.name, .masked($0.value)) })
    }

    fileprivate static func threads(_ count: Int?) -> WrittenJSON { count.map { .whole($0) } ?? "auto" }

    /// That there is something, and not what.
    fileprivate static func masked(_ secret: String?) -> WrittenJSON { secret == nil ? .null : "***" }
}

extension String {
    /// A URL without the name and the password that may stand before its host.
    var withoutUser: String {
        guard let start = firstRange(of: "://")?.upperBound else { return self }
        let authority = self[start...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard let at = authority.lastIndex(of: "@") else { return self }
        return self[..<start] + "***" + self[at...]
    }
}
