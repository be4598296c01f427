// How each endpoint of each upstream is judged, for a scrape.

internal import Configuration
internal import Resilience
internal import Synchronization
internal import Telemetry
internal import Upstream

extension Gateway {
    var endpoints: [MetricFamily] {
        let (settings, loads) = current.withLock { ($0.settings, $0.loads) }
        let now = ContinuousClock.now
        let open = openConnections
        var connections: [MetricFamily.Sample] = []
        var circuits: [MetricFamily.Sample] = [], ejected: [MetricFamily.Sample] = []
        var healthy: [MetricFamily.Sample] = [], events: [MetricFamily.Sample] = []
        for upstream in settings.upstreams {
            guard let load = loads[upstream.name] else { continue }
            for (endpoint, report) in zip(upstream.endpoints, load.endpoints.reports(at: now)) {
                let labels: [MetricFamily.Label] = [("upstream", upstream.name), ("endpoint", endpoint.description)]
                circuits.append(MetricFamily.Sample(labels: labels, value: report.circuit.number))
                ejected.append(MetricFamily.Sample(labels: labels, value: report.isEjected ? 1 : 0))
                healthy.append(MetricFamily.Sample(labels: labels, value: report.isHealthy ? 1 : 0))
                let count = open[upstream.name]?[endpoint.description] ?? OpenCount()
                connections.append(MetricFamily.Sample(labels: labels + [("state", "idle")], value: Double(count.idle)))
                connections.append(
                    MetricFamily.Sample(labels: labels + [("state", "in_use")], value: Double(count.inUse)))
                for what in EndpointEvent.What.allCases {
                    let count = load.verdicts.count(of: what, at: endpoint.description)
                    events.append(MetricFamily.Sample(labels: labels + [("event", what.label)], value: Double(count)))
                }
            }
        }
        return [
            MetricFamily(
                "gateway_endpoint_circuit_state", .gauge, "0: calls pass; 1: a few, to try; 2: none.", circuits),
            MetricFamily("gateway_endpoint_ejected", .gauge, "1: left out, for it failed several times.", ejected),
            MetricFamily("gateway_endpoint_healthy", .gauge, "0: its health checks fail.", healthy),
            MetricFamily(
                "gateway_endpoint_events_total", .counter, "How often an endpoint was judged anew.", events),
            MetricFamily(
                "gateway_endpoint_connections", .gauge, "Connections that are open: kept for the next call, or in use.",
                connections),
        ]
    }

    /// Connections of all loops, by upstream and its endpoints' addresses.
    var openConnections: [String: [String: OpenCount]] {
        runtimes.flatMap(\.loop.openConnections.counts).reduce(into: [:]) { all, one in
            all[one.upstream, default: [:]][one.address, default: OpenCount()].add(one)
        }
    }
}

/// Connections to one endpoint.
struct OpenCount: Sendable {
    var idle = 0
    var inUse = 0

    mutating func add(_ other: OpenConnections.Count) {
        idle += other.idle
        inUse += other.inUse
    }
}

extension EndpointReport.Circuit {
    fileprivate var number: Double {
        switch self {
        case .closed: 0
        case .halfOpen: 1
        case .open: 2
        }
    }
}

extension EndpointEvent.What {
    fileprivate var label: String {
        switch self {
        case .circuitOpened: "circuit_opened"
        case .circuitClosed: "circuit_closed"
        case .ejected: "ejected"
        case .unhealthy: "unhealthy"
        case .healthy: "healthy"
        }
    }
}
