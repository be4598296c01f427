// One fan-out loop with all that answers requests on it. Nothing of it is shared with other loops but the counter of
// requests in flight and the log's writer.

internal import Aggregation
internal import Configuration
internal import Identity
internal import JSON
internal import Logging
internal import Pipeline
internal import Resilience
internal import Telemetry
internal import Upstream

extension PlanLimit: TurnRule {}
extension PlanRoom: TurnRule {}

/// What all loops have in common.
struct Shared: Sendable {
    let settings: Settings
    let plans: [Plan]
    let keys: APIKeys
    let issuerKeys: IssuerKeys
    let inFlight: InFlight
    /// By upstream's name.
    let loads: [String: UpstreamLoad]
    let leaving: Leaving
    let log: AccessLogWriter?
    let logger: Logger
}

/// The service of one fan-out loop.
final class LoopRuntime: Sendable {
    let loop: FanOutLoop
    let leaving: Leaving
    private let service: any Service<Request, Response>
    private let turns: Confined<Turns<PlanLimit>>
    private let log: Confined<LoopLog>?
    /// Nil: no issuer is configured.
    private let tokens: Confined<Tokens>?

    /// Starts a loop and builds its service on its thread.
    static func start(_ index: Int, _ shared: Shared, connections: Int) async throws(JSONFault) -> LoopRuntime {
        let loop = FanOutLoop(name: "fan-out-\(index)", connections: connections)
        let built = await Task(executorPreference: loop) { () -> Result<LoopRuntime, JSONFault> in
            do throws(JSONFault) {
                let turns = Confined(Turns(PlanLimit(), on: loop))
                let log = shared.log.map { Confined(LoopLog(AccessLogBuffer(to: $0), on: loop)) }
                let tokens = try tokens(shared.issuerKeys, on: loop)
                let service = try build(shared, on: loop, turns, log, tokens)
                return .success(LoopRuntime(loop, shared.leaving, turns, log, tokens, service: service))
            } catch {
                return .failure(error)
            }
        }.value
        if case .failure = built { loop.stop() }
        return try built.get()
    }

    private init(
        _ loop: FanOutLoop, _ leaving: Leaving, _ turns: Confined<Turns<PlanLimit>>, _ log: Confined<LoopLog>?,
        _ tokens: Confined<Tokens>?, service: any Service<Request, Response>
    ) {
        self.loop = loop
        self.leaving = leaving
        self.turns = turns
        self.log = log
        self.tokens = tokens
        self.service = service
    }

    /// Answers a request. On any thread: the work is the loop's.
    func serve(_ request: Request) async -> Response {
        do throws(Failure) {
            return try await service.answer(request)
        } catch {
            // `Rescue` leaves nothing to fail above it; what does is our own bug, and the client still gets an answer.
            return Rescue.response(error, notFound: nil, closes: true)
        }
    }

    /// From now on these are the keys of the issuer at `place`. From any thread.
    func learn(_ keys: KnownKeys, of place: Int) {
        loop.perform { [tokens] in tokens?.value.learn(keys, of: place) }
    }

    private static func tokens(_ keys: IssuerKeys, on loop: FanOutLoop) throws(JSONFault) -> Confined<Tokens>? {
        guard !keys.issuers.isEmpty else { return nil }
        return Confined(try Tokens(keys.issuers, known: keys.known, on: loop) { [weak keys] in keys?.ask($0) })
    }

    /// Hands the log's last lines over and ends the loop. No request may be in progress.
    func stop() async {
        await Task(executorPreference: loop) { [log] in log?.value.wake() }.value
        loop.stop()
    }

    /// Transfers under way, and requests that wait for their turn.
    var inventory: (transfers: Int, waiting: Int) {
        get async {
            await Task(executorPreference: loop) { [loop, turns] in
                (loop.inventory.transfers, turns.value.queue)
            }.value
        }
    }

    private static func build(
        _ shared: Shared, on loop: FanOutLoop, _ turns: Confined<Turns<PlanLimit>>, _ log: Confined<LoopLog>?,
        _ tokens: Confined<Tokens>?
    ) throws(JSONFault) -> any Service<Request, Response> {
        let settings = shared.settings
        let parser = Confined(try JSONParser())
        var upstreams: [String: any Calls] = [:]
        for settings in settings.upstreams {
            guard let load = shared.loads[settings.name] else { continue }
            upstreams[settings.name] = upstream(settings, load, on: loop)
        }
        let routes = zip(settings.routes, shared.plans).map { route, plan in
            let room = PlanRoom(
                plan.firstCalls.compactMap { name, calls in shared.loads[name].map { ($0.places, calls) } })
            let runner = PlanRunner(
                plan, upstreams: upstreams, parser: parser, logger: shared.logger, perform: loop.perform)
            return Route(route, runner: runner, turns: turns, room: Confined(Turns(room, on: loop)))
        }
        let observation = Observation(
            log: log,
            random: Confined(SharedRandom()),
            traceSample: settings.telemetry.traceSample,
            serverTiming: settings.server.serverTiming)
        return downstream(
            to: Routes(routes: routes), observation: observation, crossOrigin: CrossOrigin(settings.server.cors),
            inFlight: shared.inFlight, authentication: Authentication(shared.keys, settings.auth, tokens: tokens),
            leaving: shared.leaving, logger: shared.logger)
    }
}
