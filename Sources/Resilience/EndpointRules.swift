// Which of an upstream's endpoints may be asked: circuits, ejection and checks together.

internal import Pipeline

/// The rules about all endpoints of one upstream. Times are the caller's.
struct EndpointRules: Sendable {
    /// Who may be asked.
    enum Usable: Equatable {
        case some(EndpointSet)
        /// All circuits are open; for so long at least.
        case noCircuit(Duration)
        /// None is healthy.
        case none
    }

    private var circuits: [CircuitRules]
    private var ejection: EjectionRules
    private var health: [HealthRules]
    private let count: Int

    init(_ limits: EndpointLimits) {
        count = limits.endpoints
        circuits = Array(repeating: CircuitRules(limits.circuit), count: count)
        ejection = limits.ejection
        health = Array(repeating: limits.health, count: count)
    }

    /// Whether all endpoints may be asked without a look at the rules.
    func isQuiet(at now: ContinuousClock.Instant) -> Bool {
        (0..<count).allSatisfy { circuits[$0].isClosed && !ejection.isOut($0, at: now) && health[$0].isHealthy }
    }

    func usable(for asker: ObjectIdentifier?, at now: ContinuousClock.Instant) -> Usable {
        let healthy = (0..<count).filter { health[$0].isHealthy }
        guard !healthy.isEmpty else { return .none }
        var inside = EndpointSet(), outside = EndpointSet()
        var wait: Duration?
        for endpoint in healthy {
            if let closed = circuits[endpoint].outlook(for: asker, at: now) {
                wait = min(wait ?? closed, closed)
            } else if ejection.isOut(endpoint, at: now) {
                outside.insert(endpoint)
            } else {
                inside.insert(endpoint)
            }
        }
        // Ejection is a judgement between endpoints: it leaves nobody without any, also where circuits took the others.
        if !inside.isEmpty { return .some(inside) }
        if outside.isEmpty, let wait { return .noCircuit(wait) }
        return .some(outside)
    }

    /// The ticket of a call to an endpoint that is usable now.
    mutating func admit(_ asker: ObjectIdentifier?, to endpoint: Int, at now: ContinuousClock.Instant) -> Int {
        switch circuits[endpoint].admits(asker, at: now) {
        case .admitted(let ticket): ticket
        case .refused: 0
        }
    }

    /// So many calls of the endpoint succeeded that were no probes.
    mutating func succeeded(_ endpoint: Int, _ count: Int, at now: ContinuousClock.Instant) {
        circuits[endpoint].succeeded(count, at: now)
    }

    /// A call ended that may change a verdict. What changed is returned.
    mutating func ended(
        _ attempt: Attempt, at now: ContinuousClock.Instant, using random: inout some RandomNumberGenerator
    ) -> [EndpointEvent.What] {
        var changes: [EndpointEvent.What] = []
        let wasClosed = circuits[attempt.endpoint].isClosed, wasOpen = isOpen(attempt.endpoint)
        circuits[attempt.endpoint].ended(attempt.verdict, ticket: attempt.ticket, at: now, using: &random)
        if !wasOpen, isOpen(attempt.endpoint) { changes.append(.circuitOpened) }
        if !wasClosed, circuits[attempt.endpoint].isClosed { changes.append(.circuitClosed) }
        switch attempt.verdict {
        case .failed, .beaten: if ejection.failed(attempt.endpoint, at: now) { changes.append(.ejected) }
        case .succeeded: ejection.succeeded(attempt.endpoint)
        case .untold: break
        }
        return changes
    }

    mutating func checked(_ endpoint: Int, isGood: Bool) -> [EndpointEvent.What] {
        health[endpoint].checked(isGood: isGood) ? [isGood ? .healthy : .unhealthy] : []
    }

    func state(of endpoint: Int) -> CircuitRules.State { circuits[endpoint].state }

    func isEjected(_ endpoint: Int, at now: ContinuousClock.Instant) -> Bool { ejection.isOut(endpoint, at: now) }

    func isHealthy(_ endpoint: Int) -> Bool { health[endpoint].isHealthy }

    private func isOpen(_ endpoint: Int) -> Bool {
        if case .open = circuits[endpoint].state { true } else { false }
    }
}

/// Something that operators should know of.
package struct EndpointEvent: Sendable, Equatable {
    package enum What: String, Sendable, CaseIterable {
        case circuitOpened = "circuit opened"
        case circuitClosed = "circuit closed"
        case ejected
        case unhealthy
        case healthy
    }

    package let what: What
    /// Its place in the configuration.
    package let endpoint: Int
}

/// What the rules about an upstream's endpoints are made with.
package struct EndpointLimits: Sendable {
    package var endpoints: Int
    /// Calls at once to each of several; nil: no bound of its own.
    package var calls: Int?
    package var circuit: CircuitRules.Limits
    package var ejection: EjectionRules
    package var health: HealthRules

    package init(
        endpoints: Int, calls: Int?, circuit: CircuitRules.Limits, ejection: EjectionRules, health: HealthRules
    ) {
        self.endpoints = endpoints
        self.calls = calls
        self.circuit = circuit
        self.ejection = ejection
        self.health = health
    }
}
