// How each endpoint of each upstream is judged, for a scrape.

internal import Configuration
internal import Resilience
internal import Synchronization
internal import Telemetry

extension Gateway {
    var endpoints: [MetricFamily] {
        let (settings, loads) = current.withLock { ($0.settings, $0.loads) }
        let now = ContinuousClock.now
        var circuits: [MetricFamily.Sample] = [], ejected: [MetricFamily.Sample] = []
        var healthy: [MetricFamily.Sample] = [], events: [MetricFamily.Sample] = []
        for upstream in settings.upstreams {
            guard let load = loads[upstream.name] else { continue }
            for (endpoint, report) in zip(upstream.endpoints, load.endpoints.reports(at: now)) {
                let labels: [MetricFamily.Label] = [("upstream", upstream.name), ("endpoint", endpoint.description)]
                circuits.append(MetricFamily.Sample(labels: labels, value: report.circuit.number))
                ejected.append(MetricFamily.Sample(labels: labels, value: report.isEjected ? 1 : 0))
                healthy.append(MetricFamily.Sample(labels: labels, value: report.isHealthy ? 1 : 0))
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
        ]
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
