// What operators are told of an upstream's endpoints: the verdicts as they stand.

/// One endpoint at one moment.
package struct EndpointReport: Sendable, Equatable {
    package enum Circuit: String, Sendable {
        case closed, open
        case halfOpen = "half-open"
    }

    package var circuit: Circuit
    /// Until calls are let through again; nil: its circuit is not open.
    package var opensFor: Duration?
    /// Whether it is left out because it failed several times in a row.
    package var isEjected: Bool
    /// What its checks say; true where there are none.
    package var isHealthy: Bool
    /// Calls in flight; counted only where there are several endpoints.
    package var inFlight: Int

    package init(circuit: Circuit, opensFor: Duration? = nil, isEjected: Bool, isHealthy: Bool, inFlight: Int) {
        self.circuit = circuit
        self.opensFor = opensFor
        self.isEjected = isEjected
        self.isHealthy = isHealthy
        self.inFlight = inFlight
    }
}

extension EndpointRules {
    func report(_ endpoint: Int, at now: ContinuousClock.Instant) -> EndpointReport {
        var report = EndpointReport(
            circuit: .closed, isEjected: isEjected(endpoint, at: now), isHealthy: isHealthy(endpoint), inFlight: 0)
        switch state(of: endpoint) {
        case .closed: break
        case .halfOpen: report.circuit = .halfOpen
        case .open(let until):
            // It becomes half-open with the next call.
            report.circuit = until > now ? .open : .halfOpen
            report.opensFor = until > now ? now.duration(to: until) : nil
        }
        return report
    }
}
