// The walk through a plan: calls start as soon as what they need is known, and all of them end before the run does.
// It knows nothing of HTTP, libcurl, retries or credentials.

internal import Configuration
internal import JSON
internal import Logging
package import Pipeline

/// What a plan is run for.
package final class PlanQuestion: Sendable {
    /// The route's parameters by name, each of its kind's form.
    package let parameters: [String: String]
    package let principal: Principal
    package let requestID: String
    /// The client's address as text, for the log.
    package let client: String
    /// For whom, as upstreams are told by `Forwarded`; empty: they are not.
    package let forwarded: String
    package let deadline: ContinuousClock.Instant
    package let record: Confined<RequestRecord>

    package init(
        parameters: [String: String], principal: Principal, requestID: String, client: String = "",
        forwarded: String = "", deadline: ContinuousClock.Instant, record: Confined<RequestRecord>
    ) {
        self.parameters = parameters
        self.principal = principal
        self.requestID = requestID
        self.client = client
        self.forwarded = forwarded
        self.deadline = deadline
        self.record = record
    }
}

/// One run of a plan. All of it happens on the thread of the fan-out loop it began on.
final class PlanRun: RunningCall {
    let runner: PlanRunner
    let plan: Plan
    let question: PlanQuestion
    private let record: RequestRecord
    private let parser: JSONParser
    private let progress: Progress
    private let asker: Call.Asker

    init(_ runner: PlanRunner, _ question: PlanQuestion) {
        self.runner = runner
        self.question = question
        plan = runner.plan
        // Asked once whether this is their thread: a run touches them a hundred times.
        record = question.record.value
        parser = runner.parser.value
        progress = Progress(runner.plan)
        asker = Call.Asker(
            tenant: question.principal.tenant, lane: question.principal.lane, principal: question.principal,
            requestID: question.requestID, trace: record.trace, forwarded: question.forwarded, record: question.record,
            spareCalls: runner.plan.spareCalls)
        record.outline = plan.outline
        record.parts.reserveCapacity(plan.parts.count)
        // Enough, but for a request with retries.
        record.attempts.reserveCapacity(plan.parts.count)
    }

    /// Runs all parts and merges what they brought. `end` is called once, on the same thread, perhaps before this returns.
    func begin(then end: @escaping (Result<[UInt8], Failure>) -> Void) {
        progress.end = { [self] in end(outcome()) }
        start(plan.initial)
    }

    /// Nobody wants the answer any more. The run ends before this returns.
    func cancel() { progress.leave() }

    private func outcome() -> Result<[UInt8], Failure> {
        if progress.isLeft { return .failure(Failure(.clientGone, .downstream, "The client left.")) }
        if let failure = progress.failure { return .failure(failure) }
        record.mergeStarted = .now
        defer { record.mergeEnded = .now }
        return .success(Merge.bytes(plan, progress))
    }

    /// Starts `parts` together.
    private func start(_ parts: [Int]) {
        // One more than there are parts, so that parts which end at once do not end the run before the others began.
        progress.running += 1 + parts.count
        for part in parts { fetch(part) }
        endOne()
    }

    /// Fetches one part, then starts those that waited for it.
    private func fetch(_ part: Int) {
        let started = ContinuousClock.now
        switch prepare(part, at: started) {
        case .done(let outcome):
            conclude(part, started, outcome, attempts: 0)
        case .call(let call, let segments):
            var hasEnded = false
            let running = runner.calls[part].begin(call) { [self] end in
                hasEnded = true
                let outcome = standIn(part, call.path, end, judge(part, end, segments), segments)
                conclude(part, started, outcome, attempts: end.attempts, coalescedWith: end.coalescedWith)
            }
            if !hasEnded { progress.began(part, running) }
        }
    }

    private func endOne() {
        progress.running -= 1
        if progress.running == 0 { progress.finish() }
    }

    /// What to do for a part, now that all it needs is known.
    private enum Preparation {
        case call(Call, segments: [Expectation.Segment])
        case done(Result<RequestRecord.Outcome, Failure>)
    }

    private func prepare(_ part: Int, at now: ContinuousClock.Instant) -> Preparation {
        let planned = plan.parts[part]
        if progress.isLeft || (progress.isUseless && part != plan.root) {
            return .done(.failure(Self.useless))
        }
        switch planned.path.fill(parameters: question.parameters, captures: progress) {
        case .path(let path, let segments):
            return .call(
                Call(
                    part: planned.name, place: part, path: path, asker: asker, deadline: question.deadline, asked: now),
                segments: segments)
        case .null:
            return .done(.success(.skipped))
        case .impossible:
            let side = Failure.Origin.upstream(planned.upstream, part: nil)
            return .done(.failure(Failure(.contractBroken, side, "an id cannot be a segment of a path")))
        }
    }

    /// What a reply is good for; its fragment and captures are kept.
    private func judge(
        _ part: Int, _ end: Result<Reply, Failure>, _ segments: [Expectation.Segment]
    ) -> Result<RequestRecord.Outcome, Failure> {
        let planned = plan.parts[part]
        let reply: Reply
        switch end {
        case .failure(let failure): return .failure(failure)
        case .success(let complete): reply = complete
        }
        if reply.status == 404 {
            if planned.nullWhenGone, part != plan.root { return .success(.gone) }
            let side = Failure.Origin.upstream(planned.upstream, part: nil)
            return .failure(Failure(.recordNotFound, side, receivedStatus: 404, "no such record"))
        }
        do throws(Failure) {
            try take(reply.body, for: part, segments)
            return .success(.fetched)
        } catch {
            return .failure(error)
        }
    }

    /// Checks a reply, and keeps what the answer and other parts need of it.
    func take(_ body: ReplyBody, for part: Int, _ segments: [Expectation.Segment]) throws(Failure) {
        let planned = plan.parts[part]
        let read = try planned.reading.read(
            body, with: parser, expecting: Expectation(tenant: asker.tenant, segments: segments),
            from: planned.upstream)
        if planned.reading.namesWorkspace { try checkWorkspace(read.workspace, planned.upstream) }
        if !read.breaches.isEmpty { runner.report(read.breaches, of: planned.name, for: question) }
        progress.keep(read.fragment, read.captures, of: part)
    }

    /// Notes how a part ended and starts what waited for it.
    private func conclude(
        _ part: Int, _ started: ContinuousClock.Instant, _ end: Result<RequestRecord.Outcome, Failure>, attempts: Int,
        coalescedWith leader: String? = nil
    ) {
        switch end {
        case .success(let outcome):
            note(part, started, outcome, attempts, leader)
            start(progress.ended(part, plan))
        case .failure(let unnamed):
            let failure = unnamed.of(part: plan.parts[part].name)
            if failure.kind == .wrongTenant { runner.reportWrongTenant(failure, for: question) }
            if plan.parts[part].nullWhenFailed, failure.kind != .cancelled {
                note(part, started, .missing(failure.kind), attempts, leader)
                start(progress.ended(part, plan))
            } else {
                note(part, started, failure.kind == .cancelled ? .cancelled : .failed(failure.kind), attempts, leader)
                progress.failed(part, asAnswer(failure, part), recordIsUnknown: isUnknown(failure, part))
            }
        }
        endOne()
    }

    private static let useless = Failure(.cancelled, .gateway, "Another part had failed, or the client had left.")

    /// A key that may see one workspace only must not learn that a record of another exists; nor of one that should name
    /// its workspace and does not.
    private func checkWorkspace(_ workspace: String?, _ upstream: String) throws(Failure) {
        guard let allowed = question.principal.workspace, workspace != allowed else { return }
        throw Failure(.recordNotFound, .upstream(upstream, part: nil), "the record belongs to another workspace")
    }

    /// Whether the failure says that, for this caller, the record does not exist: then it wins over all others.
    private func isUnknown(_ failure: Failure, _ part: Int) -> Bool {
        part == plan.root && (failure.kind == .recordNotFound || failure.kind == .wrongTenant)
    }

    /// A root of another tenant is answered like one that does not exist, byte for byte; the log tells them apart.
    private func asAnswer(_ failure: Failure, _ part: Int) -> Failure {
        guard isUnknown(failure, part) else { return failure }
        return Failure(.recordNotFound, failure.origin, failure.reason)
    }

    private func note(
        _ part: Int, _ started: ContinuousClock.Instant, _ outcome: RequestRecord.Outcome, _ attempts: Int,
        _ leader: String?
    ) {
        record.parts.append(
            RequestRecord.Part(
                name: plan.parts[part].name, place: part, started: started, ended: .now, outcome: outcome,
                attempts: attempts, coalescedWith: leader))
    }
}

extension Result where Success == Reply, Failure == Pipeline.Failure {
    /// How often the upstream was asked before the call ended so.
    fileprivate var attempts: Int {
        switch self {
        case .success(let reply): reply.attempts
        case .failure(let failure): failure.attempts
        }
    }

    /// The id of the request whose call it was, if that is another's.
    fileprivate var coalescedWith: String? {
        switch self {
        case .success(let reply): reply.coalescedWith
        case .failure(let failure): failure.coalescedWith
        }
    }
}
