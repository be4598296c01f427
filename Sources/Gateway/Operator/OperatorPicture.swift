// The documents behind `/admin/*.json`, and the one that pages get every second. Their shapes are told in *Operating*.

internal import Configuration
internal import Pipeline
internal import Resilience
internal import Telemetry

/// A picture as JSON.
struct OperatorPicture {
    /// How many failed and slow requests are listed.
    private static let listed = 20

    private let picture: GatewayPicture
    private var traffic: TrafficSnapshot { picture.traffic }

    init(_ picture: GatewayPicture) { self.picture = picture }

    /// All that the page draws.
    var state: WrittenJSON {
        .object([
            ("overview", overview), ("upstreams", .list(upstreams)), ("routes", .list(routes)),
            ("failures", .list(failures)), ("slowest", .list(slowest)),
        ])
    }

    var overview: WrittenJSON {
        .object([
            ("version", .text(Version.current)),
            ("state", picture.isReady ? "serving" : "draining"),
            ("now", .text(WallClock.text(WallClock.now))),
            ("startedAt", .text(WallClock.text(picture.since.at))),
            ("uptimeSeconds", .number(Double(picture.since.begun.duration(to: picture.at).milliseconds) / 1000)),
            ("configuration", .object([("readAt", .text(WallClock.text(picture.configured)))])),
            ("windowSeconds", .whole(Int(traffic.seconds.rounded()))),
            (
                "attention",
                .list(
                    picture.attention.map {
                        .object([
                            ("severity", .text($0.severity.rawValue)), ("what", .text($0.what)),
                            ("detail", .text($0.detail)),
                        ])
                    })
            ),
            ("traffic", trafficNow), ("history", history), ("process", process),
        ])
    }

    private var trafficNow: WrittenJSON {
        let whole = traffic.whole
        return .object([
            ("perSecond", .number(picture.rate(whole.count))),
            ("serverErrorsPerSecond", .number(picture.rate(whole.serverErrors))),
            ("clientErrorsPerSecond", .number(picture.rate(whole.clientErrors))),
            ("p50Ms", whole.percentile(0.5)), ("p99Ms", whole.percentile(0.99)),
            ("inFlight", .whole(picture.counts.inFlight)),
            ("inFlightMost", .whole(picture.settings.server.limits.inFlight)),
            ("waiting", .whole(picture.counts.waiting)), ("clients", .whole(picture.counts.clients)),
        ])
    }

    private var history: WrittenJSON {
        .object([
            ("secondsEach", .whole(Int(RecentTraffic.slot.components.seconds))),
            ("requests", .list(traffic.history.map { .whole($0.count) })),
            ("serverErrors", .list(traffic.history.map { .whole($0.serverErrors) })),
            ("p99Ms", .list(traffic.history.map { $0.percentile(0.99) })),
        ])
    }

    private var process: WrittenJSON {
        let figures = ProcessFigures.now
        return .object([
            ("residentBytes", .whole(figures.residentBytes)), ("descriptors", .whole(figures.descriptors)),
        ])
    }

    var upstreams: [WrittenJSON] {
        picture.settings.upstreams.map { upstream in
            let counts = traffic.upstreams[upstream.name] ?? TrafficCounts()
            let state = picture.upstreams[upstream.name]
            let endpoints = zip(upstream.endpoints, state?.endpoints ?? [])
            return .object([
                ("name", .text(upstream.name)),
                ("ill", .flag(endpoints.contains { $1.circuit == .open || !$1.isHealthy || $1.isEjected })),
                ("perSecond", .number(picture.rate(counts.count))),
                ("p50Ms", counts.percentile(0.5)), ("p99Ms", counts.percentile(0.99)),
                ("failures", counts.failureList),
                ("retriesPerSecond", .number(picture.rate(counts.repetitions))),
                ("inFlight", .whole(state?.places.taken ?? 0)), ("inFlightMost", .whole(state?.most ?? 0)),
                ("waiting", .whole(state?.places.waiting ?? 0)),
                (
                    "endpoints",
                    .list(
                        endpoints.map {
                            endpoint(
                                $0.description, $1, state?.connections[$0.description] ?? OpenCount(),
                                isChecked: upstream.health != nil, isCounted: upstream.endpoints.count > 1)
                        })
                ),
            ])
        }
    }

    private func endpoint(
        _ address: String, _ report: EndpointReport, _ connections: OpenCount, isChecked: Bool, isCounted: Bool
    ) -> WrittenJSON {
        .object([
            ("address", .text(address)),
            ("circuit", .text(report.circuit.rawValue)),
            ("opensForSeconds", .optional(report.opensFor.map { Double($0.milliseconds) / 1000 })),
            ("ejected", .flag(report.isEjected)),
            ("healthy", isChecked ? .flag(report.isHealthy) : .null),
            ("inFlight", isCounted ? .whole(report.inFlight) : .null),
            ("connectionsIdle", .whole(connections.idle)), ("connectionsInUse", .whole(connections.inUse)),
        ])
    }

    /// Plans as `gateway plan --json` has them, with what happens now.
    var routes: [WrittenJSON] {
        picture.settings.routes.compactMap { route in
            let counts = traffic.routes[route.name] ?? TrafficSnapshot.Route()
            let live = zip(route.parts, counts.parts).map { part, counts in
                (
                    part.name,
                    WrittenJSON.object([
                        ("count", .whole(counts.count)), ("p50Ms", counts.percentile(0.5)),
                        ("p99Ms", counts.percentile(0.99)), ("failures", counts.failureList),
                    ])
                )
            }
            let plan = PlanDocument.json(
                route, upstreams: picture.settings.upstreams, live: Dictionary(live) { first, _ in first })
            guard case .object(let members)? = plan else { return nil }
            let traffic = WrittenJSON.object([
                ("perSecond", .number(picture.rate(counts.requests.count))),
                ("serverErrorsPerSecond", .number(picture.rate(counts.requests.serverErrors))),
                ("clientErrorsPerSecond", .number(picture.rate(counts.requests.clientErrors))),
                ("p50Ms", counts.requests.percentile(0.5)), ("p99Ms", counts.requests.percentile(0.99)),
                ("failures", counts.requests.failureList),
            ])
            return .object(members + [("traffic", traffic)])
        }
    }

    /// The newest first.
    var failures: [WrittenJSON] { traffic.failed.prefix(Self.listed).map(\.summary) }

    /// The slowest first.
    var slowest: [WrittenJSON] {
        traffic.slow.sorted { $0.total > $1.total }.prefix(Self.listed).map(\.summary)
    }
}

extension TrafficCounts {
    fileprivate func percentile(_ share: Double) -> WrittenJSON {
        .optional(times.percentile(share).map { $0 / 1000 })
    }

    fileprivate var failureList: WrittenJSON {
        .list(failures.ranked.map { .object([("kind", .text($0.kind.rawValue)), ("count", .whole($0.count))]) })
    }
}
