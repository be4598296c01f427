// The two stacks: what a client's request passes, and what a call to an upstream passes, each in the order it is met.

internal import Configuration
internal import Identity
internal import Logging
internal import Pipeline
internal import Resilience
internal import Upstream

/// Everything between the edge and the routes, on one fan-out loop.
func downstream(
    to routes: Routes, observation: Observation, crossOrigin: CrossOrigin?, inFlight: InFlight,
    lags: [LoopLag] = [], failedCredentials: FailedCredentials?, authentication: Authentication, rateLimit: RateLimit?,
    leaving: Leaving,
    security: any SecurityWatch, logger: Logger
) -> any Service<Request, Response> {
    Stack()
        // Outermost: counts and logs what the client really got.
        .through(observation)
        // Above the rescue, so that a page can read errors, too; above authentication, as preflights have no credential.
        .through(crossOrigin)
        // Above all that can fail; above it only responses, below it only failures.
        .through(Rescue(leaving: leaving, security: security, logger: logger))
        // What the edge could not read has no meaning below.
        .through(Refusals())
        // Before any work worth more than a counter, or it would save nothing.
        .through(Shedding(inFlight: inFlight, lags: lags))
        // Right above authentication: whoever presents one bad credential after the other is refused before it computes.
        .through(failedCredentials)
        // Before routing: a stranger must not learn which routes exist.
        .through(authentication)
        // As soon as the tenant is known; above the rate, which may have to wait for Redis: who waits counts.
        .through(Shares(inFlight: inFlight))
        // Before anything is done for the tenant.
        .through(rateLimit)
        // Scopes, deadline, coalescing and turn are the route's, see `Route.answer`: only there is known by when an answer is
        // due, and only who got there may share one.
        .to(routes)
}

/// Everything between a call of a plan and the wire to one upstream, on one fan-out loop. Must be called on its thread.
func upstream(_ settings: UpstreamSettings, _ load: UpstreamLoad, on loop: FanOutLoop) -> any Calls {
    let view = EndpointView(of: load.endpoints, on: loop)
    let watch = LimitWatch(of: load.places, on: loop).map { Confined($0) }
    let retried = retries(
        // Above the limit, so that a call waiting to try again holds no place.
        settings, load, on: loop,
        before: hedging(
            // Below the retries, so that only what failed twice is tried again; above the limit, so that each attempt has a
            // place of its own.
            settings, load, on: loop,
            before: Concurrency(
                settings.name, load.places, wait: settings.concurrency.wait, on: loop,
                before: EndpointChoice(
                    // Below the limit, since finding no place says nothing about the upstream's health.
                    settings.name, view, on: loop,
                    // Innermost: notes each attempt in the record, of which spans are made when the request is over.
                    before: UpstreamClient(settings, on: loop, userAgent: "conversation-gateway/\(Version.current)") {
                        // In one closure that every call has anyway: one for each layer and call would cost more than the
                        // layers.
                        view.ended($0)
                        watch?.value.ended($0)
                        load.places.giveBack($0.lane)
                        if let trouble = $0.trouble { load.troubles.note(trouble, at: $0.endpoint) }
                    }))))
    // Topmost: equal calls in flight share an answer, so all below happens once for all of them.
    return settings.coalesce
        ? Coalescing(
            settings.name, attempt: settings.timeouts.attempt, count: load.coalesced, on: loop, before: retried)
        : retried
}

/// What asks an upstream's endpoints for their health, if that is configured. Begins at once; on the loop's thread.
func healthChecks(_ settings: UpstreamSettings, _ load: UpstreamLoad, on loop: FanOutLoop) -> HealthChecks? {
    settings.health.map { health in
        HealthChecks(
            health, of: settings, on: loop, userAgent: "conversation-gateway/\(Version.current)",
            troubled: { load.troubles.note($1, at: $0) },
            tell: { load.endpoints.checked($0, isGood: $1, at: loop.now) })
    }
}

/// What is not configured costs nothing.
private func retries(
    _ settings: UpstreamSettings, _ load: UpstreamLoad, on loop: FanOutLoop, before next: any Calls
) -> any Calls {
    guard settings.retries.attempts > 0, let budget = load.retryBudget else { return next }
    let backoff = Backoff(base: settings.retries.backoffBase, cap: settings.retries.backoffCap)
    return Retries(
        attempts: settings.retries.attempts, backoff: backoff, within: budget, of: load.endpoints, on: loop,
        before: next)
}

/// What is not configured costs nothing.
private func hedging(
    _ settings: UpstreamSettings, _ load: UpstreamLoad, on loop: FanOutLoop, before next: any Calls
) -> any Calls {
    let rules: HedgeRules
    switch settings.hedge {
    case .off: return next
    case .afterP95: rules = .p95
    case .after(let time): rules = .after(time)
    }
    guard let budget = load.retryBudget else { return next }
    return Hedging(
        rules, within: budget, attempt: settings.timeouts.attempt, countsCalls: settings.retries.attempts == 0,
        places: load.places, counts: load.hedges, on: loop, before: next)
}
