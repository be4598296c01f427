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

    /// - Parameters:
    ///   - turns: of all plans of the loop.
    ///   - room: of this route's plans on the loop, at the upstreams they begin with.
    init(
        _ settings: RouteSettings, at place: Int = 0, runner: PlanRunner, turns: Confined<Turns<PlanLimit>>,
        room: Confined<Turns<PlanRoom>>
    ) {
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

    /// The path of a request whose route is known: scope, deadline, turn, plan, answer.
    func answer(_ request: Request, _ parameters: [String: String]) async throws(Failure) -> Response {
        guard let principal = request.principal, let record = request.record else {
            throw Failure(.internalError, .gateway, "A request reached its route without being authenticated.")
        }
        try requireScopes(settings.scopes, of: principal)
        let deadline = try Deadline.of(request, within: settings.deadline)
        record.value.turnAsked = .now
        // Behind the deadline: a request that waits for its turn spends its own time.
        try await turns.value.enter(principal.lane, by: deadline)
        defer { turns.value.leave(principal.lane) }
        // Behind the turn, so that its calls begin at once when there are places for them. Half of its time may go by until
        // then: what is left is for the calls, and whether they find a place is then for each upstream's limit to say.
        _ = try await room.value.enter(
            principal.lane, until: request.arrived + request.arrived.duration(to: deadline) / 2)
        defer { room.value.lookAgain() }
        record.value.planStarted = .now
        let body = try await runner.answer(
            PlanQuestion(
                parameters: parameters, principal: principal, requestID: request.id, client: request.client,
                forwarded: request.forwarded, deadline: deadline - Deadline.reserve, record: record))
        return Answer.response(body, to: request, parts: record.value.parts, order: partNames)
    }
}
