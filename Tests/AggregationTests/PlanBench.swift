// A plan on a loop, over upstreams that answer as told.

import Configuration
import Logging
import Pipeline
import Synchronization
import Testing
import Upstream

@testable import Aggregation
@testable import JSON

/// How a call is answered.
enum ScriptedAnswer: Sendable {
    case json(String)
    case gone
    case failure(Failure.Kind)
    /// Not before `release`.
    case held
}

/// Both upstreams of a plan. On their loop's thread only.
final class ScriptedUpstreams {
    final class Held: RunningCall {
        let path: String
        private let script: ScriptedUpstreams
        fileprivate let end: (Result<Reply, Failure>) -> Void
        var hasEnded = false

        fileprivate init(_ path: String, _ script: ScriptedUpstreams, _ end: @escaping (Result<Reply, Failure>) -> Void)
        {
            self.path = path
            self.script = script
            self.end = end
        }

        func cancel() {
            #expect(!hasEnded, "a call that has ended must not be cancelled")
            hasEnded = true
            script.cancelled.append(path)
            end(.failure(Failure(.cancelled, .gateway, "cancelled")))
        }
    }

    var answers: [String: ScriptedAnswer] = [:]
    private(set) var calls: [Call] = []
    fileprivate(set) var cancelled: [String] = []
    private var held: [String: Held] = [:]

    var paths: [String] { calls.map(\.path) }

    func begin(
        _ call: Call, of upstream: String, then end: @escaping (Result<Reply, Failure>) -> Void
    ) -> (any RunningCall)? {
        calls.append(call)
        let answer = answers[call.path] ?? .gone
        guard case .held = answer else {
            end(result(answer, upstream))
            return nil
        }
        let running = Held(call.path, self, end)
        held[call.path] = running
        return running
    }

    func release(_ path: String, _ answer: ScriptedAnswer, of upstream: String = "conversations") throws {
        let call = held.removeValue(forKey: path)
        let running = try #require(call, "nothing is held at \(path)")
        #expect(!running.hasEnded, "the call to \(path) was cancelled")
        running.hasEnded = true
        running.end(result(answer, upstream))
    }

    private func result(_ answer: ScriptedAnswer, _ upstream: String) -> Result<Reply, Failure> {
        switch answer {
        case .json(let text): .success(Reply(status: 200, body: ReplyBody(text.utf8)))
        case .gone, .held: .success(Reply(status: 404, body: ReplyBody("{}".utf8)))
        case .failure(let kind): .failure(Failure(kind, .upstream(upstream, part: nil), "as told"))
        }
    }
}

/// One of them, as a plan's runner takes it.
private struct ScriptedUpstream: Calls {
    let name: String
    let script: Confined<ScriptedUpstreams>

    func begin(_ call: Call, then end: @escaping (Result<Reply, Failure>) -> Void) -> (any RunningCall)? {
        script.value.begin(call, of: name, then: end)
    }
}

/// What a test of a plan works with.
struct PlanBench: Sendable {
    static let id = "7b2f4c1e-9a3d-4e8b-b6f0-2d5c8e1a4f73"
    static let conversation = "/conversations/\(id)"
    static let messages = conversation + "/messages"
    static let items = conversation + "/attention-items"
    static let contact = "/contacts/ct-1"
    static let account = "/accounts/ac-1"

    let loop: FanOutLoop
    let runner: PlanRunner
    private let script: Confined<ScriptedUpstreams>
    private let record: Confined<RequestRecord>
    private let stale: [String: StaleReplies.Upstream]
    private let counts = StaleCounts()
    private let log: Logged

    var upstreams: ScriptedUpstreams { script.value }
    var parts: [RequestRecord.Part] { record.value.parts }
    /// Parts in whose place an earlier reply was taken.
    var replaced: Int { counts.replaced }
    /// What the record got to know of the plan's run.
    var told:
        (
            outline: PlanOutline?, parts: [RequestRecord.Part], mergeStarted: ContinuousClock.Instant?,
            mergeEnded: ContinuousClock.Instant?
        )
    {
        let record = record.value
        return (record.outline, record.parts, record.mergeStarted, record.mergeEnded)
    }

    func outcome(_ part: String) -> RequestRecord.Outcome? { parts.first { $0.name == part }?.outcome }

    init(_ plan: Plan, _ answers: [String: ScriptedAnswer], on loop: FanOutLoop, log: Logged) throws {
        let script = Confined(ScriptedUpstreams())
        script.value.answers = answers
        self.script = script
        self.loop = loop
        var random = FastRandom(seed: 1)
        record = Confined(RequestRecord(trace: Trace(using: &random)))
        let replies = StaleReplies(counts: counts)
        stale = ["conversations": replies.upstream(), "crm": replies.upstream()]
        self.log = log
        runner = try Self.runner(plan, script, stale, on: loop, log)
    }

    private static func runner(
        _ plan: Plan, _ script: Confined<ScriptedUpstreams>, _ stale: [String: StaleReplies.Upstream],
        on loop: FanOutLoop, _ log: Logged
    ) throws -> PlanRunner {
        let upstreams = ["conversations", "crm"].map { ($0, ScriptedUpstream(name: $0, script: script)) }
        return PlanRunner(
            plan, upstreams: Dictionary(uniqueKeysWithValues: upstreams), stale: stale,
            parser: Confined(try JSONParser()), logger: Logger(label: "test") { _ in log }, security: log)
    }

    /// Runs the plan, or with what it has another one.
    func answer(
        tenant: String = "t-1", workspace: String? = nil, within time: Duration = .seconds(60),
        by runner: PlanRunner? = nil
    ) async throws(Failure) -> String {
        let runner = runner ?? self.runner
        let principal = Principal(tenant: tenant, scopes: [], workspace: workspace, credential: "test")
        let question = PlanQuestion(
            parameters: ["id": Self.id], principal: principal, requestID: "request-1", deadline: loop.now + time,
            record: record)
        let asker = Confined(Asker())
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                asker.value.ask(runner, question) { continuation.resume() }
            }
        } onCancel: { [loop] in
            loop.perform { asker.value.cancel() }
        }
        guard let result = asker.value.result else { throw Failure(.clientGone, .downstream, "not begun") }
        return String(decoding: try result.get(), as: UTF8.self)
    }

    /// A task that waits for a run.
    private final class Asker {
        private(set) var result: Result<[UInt8], Failure>?
        private var run: (any RunningCall)?
        private var isCancelled = false

        func ask(_ runner: PlanRunner, _ question: PlanQuestion, then resume: @escaping () -> Void) {
            guard !isCancelled else { return resume() }
            let run = runner.begin(question) { [self] in
                result = $0
                self.run = nil
                resume()
            }
            if result == nil { self.run = run }
        }

        func cancel() {
            isCancelled = true
            run?.cancel()
        }
    }

    /// The failure that it ends with.
    func failure(workspace: String? = nil) async -> Failure? {
        do throws(Failure) {
            _ = try await answer(workspace: workspace)
            return nil
        } catch {
            return error
        }
    }

    /// The failure that another plan ends with, over the same upstreams.
    func failure(of plan: Plan) async throws -> Failure? {
        let runner = try Self.runner(plan, script, stale, on: loop, log)
        do throws(Failure) {
            _ = try await answer(by: runner)
            return nil
        } catch {
            return error
        }
    }

    /// The run as a task of its own, once all that can start has.
    func begin<Result: Sendable>(_ work: @escaping @Sendable () async -> Result) async -> Task<Result, Never> {
        let task = Task(executorPreference: loop) { await work() }
        await withCheckedContinuation { continuation in loop.submit { continuation.resume() } }
        return task
    }
}

/// Runs `work` on a loop of its own, with a plan over upstreams that answer as told; all answer well unless told otherwise.
func onBench<Result: Sendable>(
    parts: String = PlanSamples.parts, contract: String = "", log: Logged = Logged(),
    _ answers: [String: ScriptedAnswer] = [:],
    _ work: @escaping @Sendable (PlanBench) async throws -> Result
) async throws -> Result {
    let plan = try PlanSamples.plan(parts, contract: contract)
    let answers = PlanSamples.answers.merging(answers) { $1 }
    let loop = FanOutLoop(name: "test", connections: 1)
    let result = await Task(executorPreference: loop) { try await work(PlanBench(plan, answers, on: loop, log: log)) }
        .result
    loop.stop()
    return try result.get()
}

/// What a plan's runner logs: `level message key=value …`, keys in order.
struct Logged: LogHandler, SecurityWatch {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    private let kept = Lines()
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    var lines: [String] { kept.all.withLock { $0 } }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func note(_ event: SecurityEvent) {
        let text = "security \(event.kind.rawValue) credential=\(event.credential ?? "") request=\(event.requestID) "
        kept.all.withLock { $0.append(text + event.reason) }
    }

    func log(event: LogEvent) {
        let fields = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }
        kept.all.withLock { $0.append("\(event.level) \(event.message)" + fields.joined()) }
    }
}
