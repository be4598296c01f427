// The configuration as operators may see it: all that it says, and nothing of what it keeps secret.

extension Settings {
    /// As JSON, in the words and the order of the file. Values of headers and tokens are `***`.
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
            (
                "telemetry",
                .object([
                    ("accessLog", .text(telemetry.accessLog.word)), ("traceSample", .number(telemetry.traceSample)),
                    ("otlp", telemetry.otlp.map { .text($0.withoutUser) } ?? .null),
                    ("otlpCA", .optional(telemetry.otlpCA)),
                ])
            ),
        ])
    }

    private var serverDocument: WrittenJSON {
        let limits = server.limits, timeouts = server.timeouts
        return .object([
            (
                "listen",
                .list(
                    server.listen.map { listener in
                        .object([
                            ("address", .text(listener.address.description)), ("tls", .flag(listener.tls != nil)),
                            ("clientCA", .optional(listener.tls?.clientCA)),
                            ("proxyProtocol", .flag(listener.proxyProtocol)),
                        ])
                    })
            ),
            ("trustedProxies", .list(server.trustedProxies.map { .text($0.description) })),
            (
                "limits",
                .object([
                    ("connections", .whole(limits.connections)), ("requestLine", .whole(limits.requestLine)),
                    ("headers", .whole(limits.headers)), ("headerCount", .whole(limits.headerCount)),
                    ("body", .whole(limits.body)), ("inFlight", .whole(limits.inFlight)),
                    ("streams", .whole(limits.streams)),
                    ("lag", limits.lag.map { .time($0) } ?? "off"),
                ])
            ),
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
            ("corsOrigins", .list(server.cors.origins.map { .text($0) })),
            ("serverTiming", .flag(server.serverTiming)),
        ])
    }

    private var authDocument: WrittenJSON {
        .object([
            ("environment", .text(auth.environment.rawValue)),
            ("apiKeysFile", .optional(auth.apiKeysFile)),
            (
                "jwt",
                .list(
                    auth.jwt.map { issuer in
                        .object([
                            ("issuer", .text(issuer.issuer)), ("audience", .text(issuer.audience)),
                            ("jwks", .text(issuer.jwks.withoutUser)),
                            ("algorithms", .list(issuer.algorithms.map { .text($0.rawValue) })),
                        ])
                    })
            ),
            ("anonymousTenant", .optional(auth.anonymous?.tenant)),
        ])
    }

    private var rateLimitDocument: WrittenJSON {
        if rateLimit.isOff { return "off" }
        return .object([
            ("requestsPerSecond", .whole(rateLimit.requestsPerSecond)), ("burst", .whole(rateLimit.burst)),
            ("tenantsWithOtherNumbers", .whole(rateLimit.tenants.count)),
            ("redis", .optional(rateLimit.redis)),
        ])
    }
}

extension UpstreamSettings {
    fileprivate var document: WrittenJSON {
        .object([
            ("endpoints", .list(endpoints.map { .text($0.description.withoutUser) })),
            ("protocol", .text(wireProtocol.rawValue)),
            ("headers", .object(headers.map { ($0.name, .masked($0.value)) })),
            ("clientCertificate", .flag(tls?.certificate != nil)),
            (
                "timeouts",
                .object([("connect", .time(timeouts.connect)), ("attempt", .time(timeouts.attempt))])
            ),
            ("maxBody", .whole(maxBody)),
            (
                "connections",
                .object([
                    ("perEndpoint", .whole(connections.perEndpoint)), ("idle", .time(connections.idle)),
                    ("age", .time(connections.age)),
                ])
            ),
            (
                "concurrency",
                .object([
                    ("inFlight", .whole(concurrency.inFlight)), ("queue", .whole(concurrency.queue)),
                    ("wait", .time(concurrency.wait)),
                ])
            ),
            (
                "retries",
                .object([
                    ("attempts", .whole(retries.attempts)), ("budget", .number(retries.budget)),
                    ("minimum", .whole(retries.minimum)),
                ])
            ),
            (
                "circuit",
                .object([
                    ("window", .time(circuit.window)), ("calls", .whole(circuit.calls)),
                    ("failures", .number(circuit.failures)), ("open", .time(circuit.open)),
                    ("openMax", .time(circuit.openMax)), ("probes", .whole(circuit.probes)),
                ])
            ),
            ("healthPath", .optional(health?.path)),
            ("hedge", .flag(hedge != .off)),
            ("coalesce", .flag(coalesce)),
        ])
    }
}

extension RouteSettings {
    fileprivate var document: WrittenJSON {
        .object([
            ("name", .text(name)), ("path", .text(path.description)), ("scopes", .list(scopes.map { .text($0) })),
            ("deadline", .time(deadline)), ("upstreamCalls", .whole(upstreamCalls)),
            ("reuse", reuse.map { .time($0) } ?? "off"),
            (
                "parts",
                .list(
                    parts.map { part in
                        .object([
                            ("name", .text(part.name)), ("upstream", .text(part.upstream)),
                            ("path", .text(part.path.description)),
                            ("onNotFound", .text(part.onNotFound.rawValue)),
                            ("onFailure", .text(part.onFailure.rawValue)),
                            ("staleIfError", part.staleIfError.map { .time($0) } ?? .null),
                        ])
                    })
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
    fileprivate static func time(_ duration: Duration) -> WrittenJSON { .text(duration.written) }

    /// That there is something, and not what.
    fileprivate static func masked(_ secret: String?) -> WrittenJSON { secret == nil ? .null : "***" }
}

extension String {
    /// A URL without the name and the password that may stand before its host.
    fileprivate var withoutUser: String {
        guard let start = firstRange(of: "://")?.upperBound else { return self }
        let authority = self[start...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard let at = authority.lastIndex(of: "@") else { return self }
        return self[..<start] + "***" + self[at...]
    }
}
