// A generation on one fan-out loop: the stacks that requests pass there. Made, used and let go on that loop's thread.

internal import Aggregation
internal import Configuration
internal import Identity
internal import JSON
internal import Pipeline
internal import Resilience
internal import Telemetry
internal import Upstream

/// What a loop has for as long as it runs, whatever the configuration.
struct LoopEquipment {
    let loop: FanOutLoop
    let parser: Confined<JSONParser>
    let random: Confined<SharedRandom>
    /// Of all plans of the loop, of whichever generation.
    let turns: Confined<Turns<PlanLimit>>
    let stale: Confined<StaleReplies>

    /// Whom tokens stand for, of whichever generation: what was verified stays so when something else has changed.
    let tokens: Confined<Tokens>
    /// What is remembered of requests, of whichever generation.
    let traffic: Confined<LoopTraffic>
    /// What it counts, of whichever generation.
    let metrics: MetricOwner
    /// Whether it asks endpoints for their health; one loop does, for all.
    let checksHealth: Bool

    /// On the loop's thread.
    init(_ loop: FanOutLoop, index: Int, _ shared: Shared) throws(JSONFault) {
        self.loop = loop
        checksHealth = index == 0
        metrics = MetricOwner(shared.metrics, loop: index)
        parser = Confined(try JSONParser())
        random = Confined(SharedRandom())
        turns = Confined(Turns(PlanLimit(), on: loop))
        stale = shared.stale.memory(of: loop)
        tokens = Confined(try Tokens(on: loop, shared.limits.keyWaits, ask: shared.fetching.ask))
        traffic = Confined(LoopTraffic(since: shared.clock.begun, explained: shared.explained))
    }
}

/// The service of one loop. A request that began with it holds on to it until its end.
final class LoopGeneration {
    /// The way to one upstream, and what it was made of.
    private struct Way {
        let settings: UpstreamSettings
        let load: UpstreamLoad
        let calls: any Calls
        /// Where its replies are kept, for parts that may be stale.
        let stale: StaleReplies.Upstream
        /// Nil: none are configured, or another loop makes them.
        let checks: HealthChecks?
    }

    let service: any Service<Request, Response>
    private let authentication: Authentication
    private let ways: [String: Way]
    private let log: (lines: Confined<LoopLog>, of: AccessLog)?
    private let traces: Confined<LoopTraces>?
    /// By route's name, of those whose answers may be given again.
    private let answers: [String: Confined<KeptAnswers>]

    /// Nothing of it can fail: what could was done when the generation was made.
    /// - Parameter old: what served so far. What is the same in both is taken over, with what it remembers.
    init(_ generation: Generation, after old: LoopGeneration?, on equipment: LoopEquipment, _ shared: Shared) {
        let settings = generation.settings
        let loop = equipment.loop
        loop.keep(connections: settings.poolSize)
        ways = Self.ways(generation, after: old, on: equipment)
        log = Self.log(generation, after: old, on: loop)
        traces = LoopTraces(settings, to: shared.traces, on: loop).map { Confined($0) }
        equipment.tokens.value.serve(generation.issuers)
        equipment.traffic.value.follow(
            settings.routes.map { ($0.name, $0.parts.map(\.upstream)) },
            addresses: EndpointNames(
                Dictionary(settings.upstreams.map { ($0.name, $0.endpoints.map(\.description)) }) { first, _ in first })
        )
        authentication = Authentication(generation.keys.keys, settings.auth, tokens: equipment.tokens)
        answers = Self.answers(generation, on: loop, shared)
        let (calls, stale) = (ways.mapValues(\.calls), ways.mapValues(\.stale))
        let figures = Confined(LoopFigures(settings, equipment.metrics))
        let routes = zip(settings.routes, generation.plans).enumerated().map { [answers] place, planned in
            let (route, plan) = planned
            let room = PlanRoom(
                plan.firstCalls.compactMap { name, calls in generation.loads[name].map { ($0.places, calls) } })
            let runner = PlanRunner(
                plan, upstreams: calls, stale: stale, parser: equipment.parser, logger: shared.logger,
                security: shared.security)
            let coalescing = generation.coalesced[route.name].flatMap { count in
                settings.coalesces(route) ? AnswerCoalescing(count: count, on: loop) : nil
            }
            return Route(
                route, at: place, runner: runner, turns: equipment.turns, room: Confined(Turns(room, on: loop)),
                coalescing: coalescing.map { Confined($0) }, reuse: answers[route.name],
                figures: figures, on: loop)
        }
        let observation = Observation(
            log: log?.lines, traffic: equipment.traffic, traces: traces,
            figures: figures, random: equipment.random,
            traceSample: settings.telemetry.traceSample,
            serverTiming: settings.server.serverTiming)
        service = downstream(
            to: Routes(routes: routes), observation: observation, crossOrigin: CrossOrigin(settings.server.cors),
            inFlight: shared.inFlight, lags: [loop.lag] + shared.edgeLags,
            failedCredentials: generation.failedCredentials, authentication: authentication,
            rateLimit: generation.rateLimit, leaving: shared.leaving, security: shared.security, logger: shared.logger)
    }

    /// Serves these keys from now on.
    func serve(_ keys: APIKeys) { authentication.replace(keys) }

    /// Hands over the lines of the access log that wait for company.
    func flushLog() { log?.lines.value.wake() }

    /// Hands over the spans that wait for company.
    func flushTraces() { traces?.value.handOver() }

    /// Forgets the answers that could be given again: a new configuration would have made others.
    func forgetAnswers() {
        for answers in answers.values { answers.value.end() }
    }

    /// Ends the checks of endpoints, but for those that `successor` goes on with.
    func stopChecks(but successor: LoopGeneration? = nil) {
        for (name, way) in ways where way.checks !== successor?.ways[name]?.checks { way.checks?.stop() }
    }

    /// Upstreams whose settings did not change keep what they have: handles, and what is remembered of them.
    private static func ways(
        _ generation: Generation, after old: LoopGeneration?, on equipment: LoopEquipment
    ) -> [String: Way] {
        generation.settings.upstreams.reduce(into: [:]) { ways, settings in
            guard let load = generation.loads[settings.name] else { return }
            if let known = old?.ways[settings.name], known.settings == settings, known.load.places === load.places {
                ways[settings.name] = known
            } else {
                let loop = equipment.loop
                ways[settings.name] = Way(
                    settings: settings, load: load, calls: upstream(settings, load, on: loop),
                    stale: equipment.stale.value.upstream(),
                    checks: equipment.checksHealth ? healthChecks(settings, load, on: loop) : nil)
            }
        }
    }

    private static func answers(
        _ generation: Generation, on loop: FanOutLoop, _ shared: Shared
    ) -> [String: Confined<KeptAnswers>] {
        let settings = generation.settings
        let routes = settings.routes.filter { $0.reuse != nil && settings.coalesces($0) }
        return routes.reduce(into: [:]) { all, route in
            guard let limit = route.reuse, let count = generation.reused[route.name] else { return }
            all[route.name] = Confined(
                KeptAnswers(
                    for: limit, most: shared.answers.share(ofRoutes: routes.count), of: shared.answers, count: count,
                    on: loop))
        }
    }

    private static func log(
        _ generation: Generation, after old: LoopGeneration?, on loop: FanOutLoop
    ) -> (Confined<LoopLog>, AccessLog)? {
        guard let log = generation.log else { return nil }
        if let known = old?.log, known.of === log { return known }
        return (Confined(LoopLog(to: log, on: loop)), log)
    }
}

extension Settings {
    /// How many idle connections a loop keeps: as many as its upstreams may have.
    var poolSize: Int {
        upstreams.reduce(0) { $0 + $1.connections.perEndpoint * $1.endpoints.count }
    }

    /// Whether equal requests of a route share an answer: if equal calls may for each of its parts, then so may their sum.
    func coalesces(_ route: RouteSettings) -> Bool {
        route.parts.allSatisfy { part in upstreams.contains { $0.name == part.upstream && $0.coalesce } }
    }
}
