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
    package let deadline: ContinuousClock.Instant
    package let record: Confined<RequestRecord>

    package init(
        parameters: [String: String], principal: Principal, requestID: String, deadline: ContinuousClock.Instant,
        record: Confined<RequestRecord>
    ) {
        self.parameters = parameters
        self.principal = principal
        self.requestID = requestID
        self.deadline = deadline
        self.record = record
    }
}

/// One run of a plan. All of it happens on the thread of the fan-out loop it began on.
final class PlanRun: Sendable {
    private let runner: PlanRunner
    private let plan: Plan
    private let question: PlanQuestion
    private let progress: Confined<Progress>

    init(_ runner: PlanRunner, _ question: PlanQuestion) {
        self.runner = runner
        self.question = question
        plan = runner.plan
        progress = Confined(Progress(runner.plan))
    }

    /// Runs all parts and merges what they brought.
    func answer() async throws(Failure) -> [UInt8] {
        await start(plan.initial[...])
        // Only a client that left cancels the task of a whole request.
        if Task.isCancelled { throw Failure(.clientGone, .downstream, "The client left.") }
        if let failure = progress.value.failure { throw failure }
        return Merge.bytes(plan, progress.value.fragments)
    }

    /// Starts `parts` together and returns when they, and all that waited for them, have ended.
    private func start(_ parts: ArraySlice<Int>) async {
        guard let part = parts.last else { return }
        async let ended: Void = fetch(part)
        await start(parts.dropLast())
        await ended
    }

    private func fetch(_ part: Int) async {
        let next = await withUnsafeCurrentTask { task in
            progress.value.began(part, task)
            return await settle(part)
        }
        await start(next[...])
    }

    /// Fetches one part and notes how it ended. Returns the parts that can start now.
    private func settle(_ part: Int) async -> [Int] {
        let started = ContinuousClock.now
        let outcome: RequestRecord.Outcome
        var attempts = 1
        do throws(Failure) {
            outcome = try await value(of: part, &attempts)
        } catch {
            let failure = error.of(part: plan.parts[part].name)
            guard plan.parts[part].nullWhenFailed, failure.kind != .cancelled else {
                progress.value.failed(part, asAnswer(failure, part), recordIsUnknown: isUnknown(failure, part))
                note(part, started, failure.kind == .cancelled ? .cancelled : .failed(failure.kind), attempts)
                return []
            }
            outcome = .missing(failure.kind)
        }
        note(part, started, outcome, attempts)
        return progress.value.ended(part, plan)
    }

    private func value(of part: Int, _ attempts: inout Int) async throws(Failure) -> RequestRecord.Outcome {
        let planned = plan.parts[part]
        if progress.value.hasFailed { throw Failure(.cancelled, .gateway, "Another part had failed.") }
        let filled = planned.path.fill(parameters: question.parameters, captures: progress.value.captures)
        guard case .path(let path, let segments) = filled else {
            attempts = 0
            if case .null = filled { return .skipped }
            throw Failure(
                .contractBroken, .upstream(planned.upstream, part: nil), "an id cannot be a segment of a path")
        }
        let reply = try await runner.services[part].answer(call(planned.name, path))
        attempts = reply.attempts
        if reply.status == 404 {
            if planned.nullWhenGone, part != plan.root { return .gone }
            throw Failure(.recordNotFound, .upstream(planned.upstream, part: nil), receivedStatus: 404, "no such record")
        }
        let expectation = Expectation(tenant: question.principal.tenant, segments: segments)
        let read = try planned.reading.read(
            reply.body, with: runner.parser.value, expecting: expectation, from: planned.upstream)
        try checkWorkspace(read.workspace, planned.upstream)
        if !read.breaches.isEmpty { runner.report(read.breaches, of: planned.name, for: question) }
        progress.value.fragments[part] = read.fragment
        progress.value.captures[part] = read.captures
        return .fetched
    }

    private func call(_ part: String, _ path: String) -> Call {
        Call(
            part: part, path: path, tenant: question.principal.tenant, requestID: question.requestID,
            trace: question.record.value.trace, deadline: question.deadline)
    }

    /// A key that may see one workspace only must not learn that a record of another exists.
    private func checkWorkspace(_ workspace: String?, _ upstream: String) throws(Failure) {
        guard let allowed = question.principal.workspace, let workspace, workspace != allowed else { return }
        throw Failure(.recordNotFound, .upstream(upstream, part: nil), "the record belongs to another workspace")
    }

    /// Whether the failure says that, for this caller, the record does not exist: then it wins over all others.
    private func isUnknown(_ failure: Failure, _ part: Int) -> Bool {
        part == plan.root && (failure.kind == .recordNotFound || failure.kind == .wrongTenant)
    }

    /// A root of another tenant is answered like one that does not exist, byte for byte; the log tells them apart.
    private func asAnswer(_ failure: Failure, _ part: Int) -> Failure {
        if failure.kind == .wrongTenant { runner.reportWrongTenant(failure, for: question) }
        guard isUnknown(failure, part) else { return failure }
        return Failure(.recordNotFound, failure.origin, failure.reason)
    }

    private func note(
        _ part: Int, _ started: ContinuousClock.Instant, _ outcome: RequestRecord.Outcome, _ attempts: Int
    ) {
        question.record.value.parts.append(
            RequestRecord.Part(
                name: plan.parts[part].name, started: started, ended: .now, outcome: outcome, attempts: attempts))
    }
}
