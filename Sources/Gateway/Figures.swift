// The gateway's figures for a scrape: read when somebody asks, from counters that their owners keep.

internal import Admin
internal import Aggregation
internal import Configuration
internal import Edge
internal import Identity
internal import Pipeline
internal import Resilience
internal import Synchronization
internal import Telemetry
internal import Upstream

/// Where the operator's side finds the gateway, which is made after it.
final class Figures: Sendable {
    private struct Source {
        weak var gateway: Gateway?
    }

    private let source = Mutex(Source())

    /// From now on there is something to tell.
    func tell(of gateway: Gateway) {
        source.withLock { $0.gateway = gateway }
    }

    var scrape: Scrape {
        Scrape { [self] accept in
            let format = PrometheusText.Format(accept: accept)
            let gateway = source.withLock(\.gateway)
            let families = (gateway?.figures ?? []) + ProcessFigures.families
            return (format.contentType, PrometheusText.bytes(families, as: format))
        }
    }
}

extension Gateway {
    /// All figures of the gateway, as they are now.
    var figures: [MetricFamily] {
        overview + calls + shedding + shared.metrics.families + upstreams + endpoints + coalesced + reused + identity
            + limits + reloads + losses + traces + operatorsOwn
    }

    /// A configuration was read anew and is in force, or was refused.
    package func countReload(isTaken: Bool) {
        if isTaken { reloadCounts.succeeded() } else { reloadCounts.failed() }
    }

    private var overview: [MetricFamily] {
        [
            MetricFamily(
                "gateway_build_info", .gauge, "Always 1; its label says which release runs.",
                [.init(1, ("version", Version.current))]),
            MetricFamily(
                "gateway_requests_in_flight", .gauge, "Requests that are being answered.",
                Double(shared.inFlight.current)),
            MetricFamily(
                "gateway_requests_waiting", .gauge, "Of those that wait for a turn, or for room at their upstreams.",
                runtimes.enumerated().map { .init($1.loop.line.value, ("loop", "fan-out-\($0)")) }),
            MetricFamily(
                "gateway_client_connections", .gauge, "Connections of clients, idle ones included.",
                Double(edge.openConnections)),
        ]
    }

    private var calls: [MetricFamily] {
        let loads = loads
        return [
            MetricFamily(
                "gateway_upstream_calls_in_flight", .gauge, "Calls that have a place at their upstream.",
                loads.map { .init($0.load.places.inventory.taken, ("upstream", $0.name)) }),
            MetricFamily(
                "gateway_upstream_calls_waiting", .gauge, "Calls that wait for a place at their upstream.",
                loads.map { .init($0.load.places.inventory.waiting, ("upstream", $0.name)) }),
            MetricFamily(
                "gateway_upstream_retries_total", .counter, "Calls that were to be tried again.",
                loads.flatMap { name, load in
                    let retries = load.retryTally.counts
                    return [
                        MetricFamily.Sample(retries.made, ("upstream", name), ("result", "made")),
                        MetricFamily.Sample(retries.refused, ("upstream", name), ("result", "refused")),
                    ]
                }),
        ]
    }

    private var shedding: [MetricFamily] {
        let loops =
            runtimes.enumerated().map { ("fan-out-\($0)", $1.loop.lag) }
            + shared.edgeLags.enumerated().map { ("edge-\($0)", $1) }
        return [
            MetricFamily(
                "gateway_event_loop_lag_seconds", .gauge, "The longest that a loop was behind since the last scrape.",
                loops.map { name, lag in
                    MetricFamily.Sample(lag.takeWorst() / .seconds(1), ("loop", name))
                }),
            MetricFamily(
                "gateway_shed_total", .counter, "Requests that were refused because there was too much to do.",
                ShedCounts.Reason.allCases.map { .init(shared.inFlight.shed[$0], ("reason", $0.rawValue)) }),
        ]
    }

    private var loads: [(name: String, load: UpstreamLoad)] {
        current.withLock(\.loads).map { ($0.key, $0.value) }.sorted { $0.name < $1.name }
    }

    /// By route.
    private func samples(_ counts: [String: SharedCount]) -> [MetricFamily.Sample] {
        counts.sorted { $0.key < $1.key }.map { .init($0.value.value, ("route", $0.key)) }
    }

    private var reused: [MetricFamily] {
        [
            MetricFamily(
                "gateway_reused_total", .counter, "Requests of a route that were given an earlier one's answer.",
                samples(current.withLock(\.reused))),
            MetricFamily(
                "gateway_kept_answers_bytes", .gauge, "Memory of the answers that are kept to be given again.",
                Double(shared.answers.bytes)),
        ]
    }

    private var coalesced: [MetricFamily] {
        let requests = samples(current.withLock(\.coalesced))
        let calls = loads.map { MetricFamily.Sample($0.load.coalesced.value, ("upstream", $0.name)) }
        return [
            MetricFamily(
                "gateway_coalesced_total", .counter,
                "Requests of a route, and calls to an upstream, that shared the answer to an equal one in flight.",
                requests + calls)
        ]
    }

    private var upstreams: [MetricFamily] {
        let loads = loads
        return [
            MetricFamily(
                "gateway_upstream_limit", .gauge, "Calls at once that an upstream may get now.",
                loads.map { .init($0.load.places.limit, ("upstream", $0.name)) }),
            MetricFamily(
                "gateway_hedges_total", .counter,
                "Second attempts of slow calls: whose answer was taken, in vain, not made for want of budget, places or an endpoint.",
                loads.flatMap { name, load in
                    let hedges = load.hedges.all
                    return [
                        MetricFamily.Sample(hedges.won, ("upstream", name), ("outcome", "won")),
                        MetricFamily.Sample(hedges.lost, ("upstream", name), ("outcome", "lost")),
                        MetricFamily.Sample(hedges.refused, ("upstream", name), ("outcome", "refused")),
                    ]
                }),
            MetricFamily(
                "gateway_stale_parts_total", .counter, "Parts that were answered with an earlier reply.",
                Double(shared.stale.counts.replaced)),
            MetricFamily(
                "gateway_stale_replies_bytes", .gauge, "Memory of the replies that are kept in case a later one fails.",
                Double(shared.stale.counts.bytes)),
        ]
    }

    private var identity: [MetricFamily] {
        let (keys, issuers) = current.withLock { ($0.keys.keys.count, $0.issuers) }
        let now = ContinuousClock.now
        return [
            MetricFamily("gateway_api_keys", .gauge, "Keys of the file that is served.", Double(keys)),
            MetricFamily(
                "gateway_api_key_reloads_total", "How often the file of keys was read anew because it changed.",
                keyCounts),
            MetricFamily("gateway_jwks_fetches_total", "Fetches of issuers' keys.", shared.fetching.counts),
            MetricFamily(
                "gateway_jwks_usable", .gauge, "Whether an issuer's tokens can be verified: 1, else they get 503: 0.",
                issuers.map { .init($0.known.set == nil ? 0 : 1, ("issuer", $0.settings.issuer)) }),
            MetricFamily(
                "gateway_jwks_age_seconds", .gauge, "Since an issuer's keys were last fetched.",
                issuers.compactMap { issuer in
                    issuer.known.fetched.map {
                        .init($0.duration(to: now) / .seconds(1), ("issuer", issuer.settings.issuer))
                    }
                }),
            MetricFamily(
                "gateway_security_events_total", .counter, "Events for whoever watches over security, logged or not.",
                SecurityEvent.Kind.allCases.map {
                    .init(shared.security.counts[$0, default: 0], ("event", $0.rawValue))
                }),
        ]
    }

    private var limits: [MetricFamily] {
        let (rates, limit) = (shared.limits.rates, current.withLock(\.rateLimit))
        var families = [
            MetricFamily(
                "gateway_rate_limited_total", .counter,
                "Requests refused because their tenant asks for more than its rate.", Double(rates.refused)),
            MetricFamily(
                "gateway_credentials_limited_total", .counter,
                "Requests refused because too many credentials of their address were.",
                Double(shared.limits.failedCredentials.refused)),
        ]
        if let isUp = limit?.isRedisUp {
            let (decided, missed) = rates.redis.counts
            families += [
                MetricFamily("gateway_redis_up", .gauge, "Whether rates are counted in Redis.", isUp ? 1 : 0),
                MetricFamily(
                    "gateway_redis_requests_total", .counter, "Requests whose rate Redis was to decide about.",
                    [.init(decided, ("result", "decided")), .init(missed, ("result", "missed"))]),
            ]
        }
        return families
    }

    private var reloads: [MetricFamily] {
        [
            MetricFamily("gateway_reloads_total", "How often a whole configuration was read anew.", reloadCounts)
        ]
    }

    private var traces: [MetricFamily] {
        let counts = shared.traces.counts
        return [
            MetricFamily(
                "gateway_trace_spans_exported_total", .counter, "Spans that the collector took.",
                Double(counts.exported)),
            MetricFamily(
                "gateway_trace_spans_dropped_total", .counter, "Spans that should have been exported and were not.",
                TraceCounts.Loss.allCases.map { .init(counts.dropped($0), ("reason", $0.rawValue)) }),
            MetricFamily(
                "gateway_trace_exports_total", .counter, "Requests to the collector.",
                [
                    .init(counts.exports.succeeded, ("result", "success")),
                    .init(counts.exports.failed, ("result", "failure")),
                ]),
        ]
    }

    private var losses: [MetricFamily] {
        let access = current.withLock(\.log)?.writer.losses
        return [
            access.map {
                MetricFamily(
                    "gateway_access_log_lost_lines_total", .counter, "Lines of the access log that were not written.",
                    $0.samples)
            },
            MetricFamily(
                "gateway_process_log_lost_lines_total", .counter,
                "Lines of the process's own log that were not written.", shared.logLosses().samples),
        ].compactMap(\.self)
    }

    private var operatorsOwn: [MetricFamily] {
        [
            MetricFamily(
                "gateway_event_streams_open", .gauge, "Operator's pages that are open, and follow what happens.",
                Double(operators.openStreams)),
            MetricFamily(
                "gateway_explained_requests_kept", .gauge,
                "Requests whose waterfall was promised, and can still be had.", Double(shared.explained.value)),
        ]
    }
}

extension AccessLogWriter.Losses {
    fileprivate var samples: [MetricFamily.Sample] {
        [.init(refused, ("reason", "full")), .init(failed, ("reason", "failed"))]
    }
}
