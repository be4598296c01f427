// The gateway's figures for a scrape: read when somebody asks, from counters that their owners keep.

internal import Admin
internal import Configuration
internal import Edge
internal import Identity
internal import Resilience
internal import Synchronization
internal import Telemetry

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
        Scrape(contentType: PrometheusText.contentType) { [self] in
            let gateway = source.withLock(\.gateway)
            return PrometheusText.bytes((gateway?.figures ?? []) + ProcessFigures.families)
        }
    }
}

extension Gateway {
    /// All figures of the gateway, as they are now.
    var figures: [MetricFamily] { overview + upstreams + identity + reloads + losses }

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
                "gateway_client_connections", .gauge, "Connections of clients, idle ones included.",
                Double(edge.openConnections)),
            MetricFamily(
                "gateway_upstream_calls_in_flight", .gauge, "Calls that have a place at their upstream.",
                loads.map { .init($0.inventory.taken, ("upstream", $0.name)) }),
            MetricFamily(
                "gateway_upstream_calls_waiting", .gauge, "Calls that wait for a place at their upstream.",
                loads.map { .init($0.inventory.waiting, ("upstream", $0.name)) }),
        ]
    }

    private var loads: [(name: String, inventory: (taken: Int, waiting: Int))] {
        current.withLock(\.loads).map { ($0.key, $0.value.places.inventory) }.sorted { $0.name < $1.name }
    }

    private var upstreams: [MetricFamily] {
        let loads = current.withLock(\.loads).sorted { $0.key < $1.key }
        return [
            MetricFamily(
                "gateway_hedges_total", .counter,
                "Second attempts of slow calls: whose answer was taken, in vain, not made because a bound was reached.",
                loads.flatMap { name, load in
                    let hedges = load.hedges.all
                    return [
                        MetricFamily.Sample(hedges.won, ("upstream", name), ("outcome", "won")),
                        MetricFamily.Sample(hedges.lost, ("upstream", name), ("outcome", "lost")),
                        MetricFamily.Sample(hedges.refused, ("upstream", name), ("outcome", "refused")),
                    ]
                })
        ]
    }

    private var identity: [MetricFamily] {
        let (keys, issuers, rateLimit) = current.withLock { ($0.keys.keys.count, $0.issuers, $0.rateLimit) }
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
                "gateway_rate_limited_total", .counter,
                "Requests refused because their tenant asks for more than its rate.",
                Double(rateLimit?.refused ?? 0)),
        ]
    }

    private var reloads: [MetricFamily] {
        [
            MetricFamily("gateway_reloads_total", "How often a whole configuration was read anew.", reloadCounts)
        ]
    }

    private var losses: [MetricFamily] {
        guard let losses = current.withLock(\.log)?.writer.losses else { return [] }
        return [
            MetricFamily(
                "gateway_access_log_lost_lines_total", .counter, "Lines of the access log that were not written.",
                [.init(losses.refused, ("reason", "full")), .init(losses.failed, ("reason", "failed"))])
        ]
    }
}
