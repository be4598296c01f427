// What the whole process knows of an upstream: how much it is asked, and how it has done lately.

internal import Configuration
internal import Logging
internal import Pipeline
internal import Resilience
internal import Upstream

/// All that loops share of one upstream. One for the whole process: an upstream does not care which thread calls it, a loop
/// that has nothing to do must not keep places from one that has, and what one loop learns the others need not find out.
struct UpstreamLoad: Sendable {
    /// `concurrency` and `connections.perEndpoint`.
    let places: Places
    /// Circuit, ejection, health, calls at each endpoint.
    let endpoints: Endpoints
    /// Nil: nothing is tried again, nor asked twice.
    let retryBudget: SharedRetryBudget?
    /// Calls that shared another's exchange.
    let coalesced: SharedCount
    let hedges: HedgeCounts
    let retryTally: RetryTally
    let verdicts: VerdictCounts
    /// What somebody has to mend.
    let troubles: Troubles

    /// - Parameter old: what was known of the upstream under other settings; as much of it as these allow is kept.
    init(_ upstream: UpstreamSettings, after old: (settings: UpstreamSettings, load: UpstreamLoad)?, logger: Logger) {
        let kept = old?.load
        verdicts = kept?.verdicts ?? VerdictCounts()
        let before = old?.settings
        coalesced = kept?.coalesced ?? SharedCount()
        let isWhereItWas =
            before?.endpoints == upstream.endpoints && before?.wireProtocol == upstream.wireProtocol
            && before?.connections.perEndpoint == upstream.connections.perEndpoint
        if let kept, isWhereItWas, before?.concurrency == upstream.concurrency {
            places = kept.places
        } else {
            places = Self.places(upstream)
        }
        if let kept, isWhereItWas, before?.circuit == upstream.circuit, before?.ejection == upstream.ejection,
            before?.health == upstream.health
        {
            endpoints = kept.endpoints
        } else {
            endpoints = Self.endpoints(upstream, verdicts, logger)
        }
        troubles =
            if let kept, isWhereItWas { kept.troubles } else { Troubles(of: upstream, logger) }
        retryTally = kept?.retryTally ?? RetryTally()
        let retries = upstream.retries
        if retries.attempts == 0, upstream.hedge == .off {
            retryBudget = nil
        } else if let budget = kept?.retryBudget, before?.retries == retries {
            retryBudget = budget
        } else {
            retryBudget = SharedRetryBudget(
                RetryBudget(share: retries.budget, minimum: retries.minimum), retryTally, after: kept?.retryBudget)
        }
        hedges = kept?.hedges ?? HedgeCounts()
    }

    private static func places(_ upstream: UpstreamSettings) -> Places {
        let concurrency = upstream.concurrency
        // Over HTTP/1.1 a call is a connection; over HTTP/2 many share one.
        let most =
            upstream.wireProtocol == .http1
            ? min(concurrency.inFlight, upstream.connections.perEndpoint * upstream.endpoints.count)
            : concurrency.inFlight
        return Places(
            most: most, isAdaptive: concurrency.adaptive, queue: concurrency.queue, wait: concurrency.wait)
    }

    private static func endpoints(
        _ upstream: UpstreamSettings, _ verdicts: VerdictCounts, _ logger: Logger
    ) -> Endpoints {
        let limits = EndpointLimits(
            endpoints: upstream.endpoints.count,
            calls: upstream.wireProtocol == .http1 ? upstream.connections.perEndpoint : nil,
            circuit: circuit(upstream.circuit),
            ejection: EjectionRules(
                endpoints: upstream.endpoints.count, consecutive: upstream.ejection.consecutive,
                for: upstream.ejection.time, most: upstream.ejection.most),
            health: HealthRules(
                unhealthyAfter: upstream.health?.unhealthyAfter ?? 1, healthyAfter: upstream.health?.healthyAfter ?? 1))
        let name = upstream.name
        let addresses = upstream.endpoints.map(\.description)
        return Endpoints(limits) { event in
            verdicts.count(event.what, at: addresses[event.endpoint])
            let isGood = event.what == .circuitClosed || event.what == .healthy
            logger.log(
                level: isGood ? .notice : .warning, "An upstream's endpoint is judged anew.",
                metadata: [
                    "upstream": "\(name)", "endpoint": "\(addresses[event.endpoint])",
                    "verdict": "\(event.what.rawValue)",
                ])
        }
    }

    private static func circuit(_ circuit: UpstreamSettings.Circuit) -> CircuitRules.Limits {
        CircuitRules.Limits(
            window: circuit.window, calls: circuit.calls, failures: circuit.failures, open: circuit.open,
            openMax: circuit.openMax, probes: circuit.probes)
    }
}
