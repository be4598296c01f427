// One fan-out loop with what answers requests on it. Nothing of it is shared with other loops but the counter of requests
// in flight and the log's writer.

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

/// What all loops have in common for as long as the gateway runs.
struct Shared: Sendable {
    let inFlight: InFlight
    /// Of the loops that requests come from.
    let edgeLags: [LoopLag]
    let stale = StaleMemories()
    let answers: AnswerRoom
    let leaving: Leaving
    let security: SecurityLog
    let fetching: KeyFetching
    let traces: TraceExport
    let limits: LimitMemory
    let metrics = MetricRegistry(CountedFigures.all)
    let logger: Logger
    /// Lines of the process's own log that were not written.
    let logLosses: @Sendable () -> AccessLogWriter.Losses
    let explained = SharedCount()
    let clock = StartClock()
}

/// What limits go by, whichever are configured now: no reload makes anybody's misdeeds forgotten.
struct LimitMemory: Sendable {
    let rates = RateLimit.Memory()
    let failedCredentials = FailedCredentials.Memory()
    let keyWaits: KeyWaits
}

/// A fan-out loop and the generation that it serves.
final class LoopRuntime: Sendable {
    let loop: FanOutLoop
    let leaving: Leaving
    private let shared: Shared
    private let equipment: LoopOwned<LoopEquipment>
    /// Read without a lock at each request's begin: only the loop's own thread exchanges it.
    private let current: LoopOwned<LoopGeneration>

    /// Starts a loop and builds its service on its thread.
    static func start(
        _ index: Int, _ shared: Shared, _ generation: Generation
    ) async throws(JSONFault) -> LoopRuntime {
        let loop = FanOutLoop(name: "fan-out-\(index)", connections: generation.settings.poolSize)
        loop.lag.allow(generation.settings.server.limits.lag)
        let built = await Task(executorPreference: loop) { () -> Result<LoopRuntime, JSONFault> in
            do throws(JSONFault) {
                let equipment = try LoopEquipment(loop, index: index, shared)
                let first = LoopGeneration(generation, after: nil, on: equipment, shared)
                return .success(LoopRuntime(equipment, first, shared))
            } catch {
                return .failure(error)
            }
        }.value
        if case .failure = built { loop.stop() }
        return try built.get()
    }

    private init(_ equipment: LoopEquipment, _ first: LoopGeneration, _ shared: Shared) {
        loop = equipment.loop
        leaving = shared.leaving
        self.shared = shared
        self.equipment = LoopOwned(equipment, by: equipment.loop)
        current = LoopOwned(first, by: equipment.loop)
    }

    /// Answers a request. On the loop's thread, where it begins and ends with the same generation.
    func serve(_ request: Request) async -> Response {
        do throws(Failure) {
            return try await current.value.service.answer(request)
        } catch {
            // `Rescue` leaves nothing to fail above it; what does is our own bug, and the client still gets an answer.
            return Rescue.response(error, notFound: nil, closes: true)
        }
    }

    /// Requests that begin from soon on are served by `generation`.
    func take(up generation: Generation) {
        loop.submit { [self] in
            let old = current.value
            current.value = LoopGeneration(generation, after: old, on: equipment.value, shared)
            old.stopChecks(but: current.value)
            old.forgetAnswers()
        }
    }

    /// Requests that begin from soon on are served with these keys.
    func serve(_ keys: APIKeys) {
        loop.submit { [self] in current.value.serve(keys) }
    }

    /// News of the keys of an issuer. From any thread.
    func learn(_ issuer: Issuer) {
        loop.perform { [equipment] in equipment.value.tokens.value.learn(issuer) }
    }

    /// Returns when everything that was asked for before is done. Not after `stop`.
    func settled() async {
        await Task(executorPreference: loop) {}.value
    }

    /// Hands over the spans that wait for company.
    func flushTraces() async {
        await Task(executorPreference: loop) { [current] in current.value.flushTraces() }.value
    }

    /// Hands the log's last lines over and ends the loop. No request may be in progress.
    func stop() async {
        await Task(executorPreference: loop) { [current] in
            current.value.stopChecks()
            current.value.flushLog()
            current.value.forgetAnswers()
        }.value
        loop.stop()
    }

    /// What it remembers of its requests.
    func traffic(at now: ContinuousClock.Instant) async -> TrafficSnapshot {
        await Task(executorPreference: loop) { [equipment] in equipment.value.traffic.value.snapshot(at: now) }.value
    }

    /// A request that it remembers.
    func find(_ id: String) async -> ToldRequest? {
        await Task(executorPreference: loop) { [equipment] in equipment.value.traffic.value.find(id) }.value
    }

    /// Transfers under way, and requests that wait for their turn.
    var inventory: (transfers: Int, waiting: Int) {
        get async {
            await Task(executorPreference: loop) { [loop, equipment] in
                (loop.inventory.transfers, equipment.value.turns.value.queue)
            }.value
        }
    }
}
