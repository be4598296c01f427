// Upstreams and routes of the configuration as operators may see it.

extension UpstreamSettings {
    var document: WrittenJSON {
        .object(
            [
                ("endpoints", .list(endpoints.map { .text($0.description.withoutUser) })),
                ("protocol", .text(wireProtocol.rawValue)), ("headers", .headers(headers)),
                ("tls", tls?.document ?? .null),
                (
                    "timeouts",
                    .object([("connect", .time(timeouts.connect)), ("attempt", .time(timeouts.attempt))])
                ),
                ("maxBody", .size(maxBody)),
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
                        ("wait", .time(concurrency.wait)), ("adaptive", .flag(concurrency.adaptive)),
                    ])
                ),
            ] + rules)
    }

    /// What happens when it fails.
    private var rules: [(String, WrittenJSON)] {
        [
            (
                "retries",
                .object([
                    ("attempts", .whole(retries.attempts)), ("budget", .share(retries.budget)),
                    ("minimum", .whole(retries.minimum)),
                    (
                        "backoff",
                        .object([("base", .time(retries.backoffBase)), ("cap", .time(retries.backoffCap))])
                    ),
                ])
            ),
            (
                "circuit",
                .object([
                    ("window", .time(circuit.window)), ("calls", .whole(circuit.calls)),
                    ("failures", .share(circuit.failures)), ("open", .time(circuit.open)),
                    ("openMax", .time(circuit.openMax)), ("probes", .whole(circuit.probes)),
                ])
            ),
            (
                "ejection",
                .object([
                    ("consecutive", .whole(ejection.consecutive)), ("for", .time(ejection.time)),
                    ("most", .share(ejection.most)),
                ])
            ),
            ("health", health?.document ?? .null), ("hedge", hedge.document), ("coalesce", .flag(coalesce)),
        ]
    }
}

extension UpstreamSettings.Health {
    fileprivate var document: WrittenJSON {
        .object([
            ("path", .text(path)), ("every", .time(every)), ("unhealthyAfter", .whole(unhealthyAfter)),
            ("healthyAfter", .whole(healthyAfter)),
        ])
    }
}

extension UpstreamSettings.Hedge {
    fileprivate var document: WrittenJSON {
        switch self {
        case .off: "off"
        case .afterP95: .object([("after", "p95")])
        case .after(let time): .object([("after", .time(time))])
        }
    }
}

extension UpstreamTLS {
    fileprivate var document: WrittenJSON {
        .object([("ca", .optional(ca)), ("certificate", .optional(certificate)), ("key", .optional(key))])
    }
}

extension RouteSettings {
    var document: WrittenJSON {
        .object([
            ("name", .text(name)), ("path", .text(path.description)),
            (
                "parameters",
                .object(parameters.sorted { $0.key < $1.key }.map { ($0.key, .text($0.value.rawValue)) })
            ),
            ("scopes", .texts(scopes)), ("deadline", .time(deadline)), ("upstreamCalls", .whole(upstreamCalls)),
            ("reuse", .orOff(reuse)), ("notFound", .text(notFound)), ("parts", .list(parts.map(\.document))),
        ])
    }
}

extension PartSettings {
    fileprivate var document: WrittenJSON {
        .object([
            ("name", .text(name)), ("upstream", .text(upstream)), ("path", .text(path.description)),
            ("into", Kind.destination.write(into)), ("select", .optional(select)),
            ("schema", schema.map { Kind.schema.write($0) } ?? .null),
            ("onNotFound", .text(onNotFound.rawValue)), ("onFailure", .text(onFailure.rawValue)),
            ("staleIfError", .orOff(staleIfError)),
        ])
    }
}
