// One route on one fan-out loop: from a known request to its answer.

internal import Aggregation
internal import Configuration
internal import Identity
internal import Pipeline
internal import Resilience
internal import Upstream

/// A route with what it takes to answer.
final class Route: Sendable {
    let name: String
    /// Its place in the configuration.
    let place: Int
    let pattern: RoutePattern
    let notFound: String
    private let settings: RouteSettings
    private let partNames: [String]
    private let runner: PlanRunner
    private let turns: Confined<Turns<PlanLimit>>
    private let room: Confined<Turns<PlanRoom>>
    /// Nil: each request has a run of its own.
    private let coalescing: Confined<AnswerCoalescing>?
    /// Nil: no answer is given again.
    private let reuse: Confined<KeptAnswers>?
    /// Nil: nothing is counted.
    private let figures: Confined<LoopFigures>?
    private let loop: FanOutLoop

    /// - Parameters:
    ///   - turns: of all plans of the loop.
    ///   - room: of this route's plans on the loop, at the upstreams they begin with.
    init(
        _ settings: RouteSettings, at place: Int = 0, runner: PlanRunner, turns: Confined<Turns<PlanLimit>>,
        room: Confined<Turns<PlanRoom>>, coalescing: Confined<AnswerCoalescing>?, reuse: Confined<KeptAnswers>?,
        figures: Confined<LoopFigures>? = nil, on loop: FanOutLoop
    ) {
        self.coalescing = coalescing
        self.reuse = reuse
        self.figures = figures
        self.loop = loop
        self.room = room
        self.settings = settings
        self.runner = runner
        self.turns = turns
        name = settings.name
        self.place = place
        notFound = settings.notFound
        partNames = settings.parts.map(\.name)
        pattern = RoutePattern(settings)
    }

    /// The path of a request whose route is known: scope, deadline, an answer that is there already or a run, of its own or
    /// another's.
    func answer(_ request: Request, _ parameters: [String: String]) async throws(Failure) -> Response {
        guard let principal = request.principal, let record = request.record else {
            throw Failure(.internalError, .gateway, "A request reached its route without being authenticated.")
        }
        try requireScopes(settings.scopes, of: principal)
        record.value.allowed = settings.deadline
        let deadline = try Deadline.of(request, within: settings.deadline)
        if let kept = kept(for: request, principal) {
            record.value.reusedFrom = kept.leader
            record.value.parts = kept.sharedParts
            return Answer.response(kept, try kept.result.get(), to: request, order: partNames)
        }
        let question = PlanQuestion(
            parameters: parameters, principal: principal, requestID: request.id, client: request.client,
            forwarded: request.forwarded, deadline: deadline - Deadline.reserve, record: record)
        let answer = try await run(question, of: request)
        if record.value.coalescedWith != nil {
            record.value.shareEnded = .now
            record.value.parts = answer.sharedParts
        }
        return Answer.response(answer, try answer.result.get(), to: request, order: partNames)
    }

    /// An answer that was made a moment ago.
    private func kept(for request: Request, _ principal: Principal) -> PlanAnswer? {
        guard let reuse else { return nil }
        // An earlier request's answer would explain nothing.
        if Explanation.isDue(request, to: principal) { return nil }
        return reuse.value.find(request.path, principal, at: .now)
    }

    /// Waits for a run: a new one, or one that is in the air for the same question.
    private func run(_ question: PlanQuestion, of request: Request) async throws(Failure) -> PlanAnswer {
        let asker = Confined(Asker())
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let asker = asker.value
                guard !asker.hasLeft else { return continuation.resume() }
                asker.running = begin(question, of: request) { [asker] in
                    asker.result = $0
                    asker.running = nil
                    continuation.resume()
                }
            }
        } onCancel: { [loop] in
            // Whoever cancels may be on another thread.
            loop.perform { asker.value.leave() }
        }
        switch asker.value.result {
        case .success(let answer): return answer
        case .failure(let failure) where failure.kind != .cancelled: throw failure
        case .failure, nil: throw Self.left
        }
    }

    private static let left = Failure(.clientGone, .downstream, "The client left.")

    /// Nil: it has ended already.
    private func begin(
        _ question: PlanQuestion, of request: Request, then end: @escaping AnswerCoalescing.End
    ) -> (any RunningCall)? {
        guard let coalescing else { return run(question, of: request, then: end) }
        let begun = coalescing.value.begin(
            request.path, question.principal, request.id, until: question.deadline,
            mayLead: mayLead(request, until: question.deadline), then: end
        ) { run(question, of: request, then: $0) }
        if let leader = begun.leader {
            question.record.value.coalescedWith = leader
            question.record.value.shareAsked = .now
        }
        return begun.running
    }

    private func run(
        _ question: PlanQuestion, of request: Request, then end: @escaping AnswerCoalescing.End
    ) -> (any RunningCall)? {
        let end = keeping(request.path, question.principal, then: end)
        let run = RouteRun(
            runner, turns.value, room.value, question, arrived: request.arrived, figures: figures?.value, then: end)
        return run.begin() ? run : nil
    }

    /// What a run brings is kept before anybody is told, so that whoever asks then finds it. It is the run's, whoever has left it.
    private func keeping(
        _ path: String, _ principal: Principal, then end: @escaping AnswerCoalescing.End
    ) -> AnswerCoalescing.End {
        guard let reuse else { return end }
        return { result in
            reuse.value.keep(result, path, principal, at: .now)
            end(result)
        }
    }

    /// Others would get the time of whoever began the run: not if it is shorter by the client's wish, of which upstreams must be
    /// told, nor if half of it is over since its first byte came.
    private func mayLead(_ request: Request, until due: ContinuousClock.Instant) -> Bool {
        let whole = due + Deadline.reserve
        return whole >= request.arrived + settings.deadline && whole >= loop.now + settings.deadline / 2
    }
}

/// A request that waits for a run.
private final class Asker {
    /// Nil: it has ended, or has not begun.
    var running: (any RunningCall)?
    var result: Result<PlanAnswer, Failure>?
    private(set) var hasLeft = false

    func leave() {
        hasLeft = true
        running?.cancel()
    }
}
