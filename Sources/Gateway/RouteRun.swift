// One run of a route's plan: its turn, room for its calls, the plan. Made of callbacks from end to end, since it belongs to
// nobody's task: whoever asked for it may leave while others wait for it.

internal import Aggregation
internal import Pipeline
internal import Resilience
internal import Upstream

/// A run, from its wait for a turn to its outcome. On one loop's thread.
final class RouteRun: RunningCall, TurnTaker {
    private enum State {
        case waitingForTurn(TurnWaiter)
        case waitingForRoom(TurnWaiter)
        /// Nil for as long as the plan is being begun.
        case running((any RunningCall)?)
        case ended
    }

    private let runner: PlanRunner
    private let turns: Turns<PlanLimit>
    private let room: Turns<PlanRoom>
    private let question: PlanQuestion
    private let record: RequestRecord
    private let figures: LoopFigures?
    /// Until when it may wait for room.
    private let patience: ContinuousClock.Instant
    private let end: (Result<PlanAnswer, Failure>) -> Void
    private var state = State.ended
    private var lane: Int { question.principal.lane }

    /// - Parameters:
    ///   - arrived: when the request did that it is begun for.
    ///   - figures: count what it does after that request has left.
    ///   - end: called once, on the loop's thread, perhaps before `begin` returns.
    init(
        _ runner: PlanRunner, _ turns: Turns<PlanLimit>, _ room: Turns<PlanRoom>, _ question: PlanQuestion,
        arrived: ContinuousClock.Instant, figures: LoopFigures? = nil,
        then end: @escaping (Result<PlanAnswer, Failure>) -> Void
    ) {
        self.runner = runner
        self.turns = turns
        self.room = room
        self.question = question
        self.end = end
        record = question.record.value
        self.figures = figures
        // Half of its time may go by until then: what is left is for the calls, and whether they find a place is then for each
        // upstream's limit to say.
        patience = arrived + arrived.duration(to: question.deadline) / 2
    }

    /// A run that waits for its turn spends its own time. False: it has ended already.
    func begin() -> Bool {
        record.turnAsked = .now
        if turns.take(lane) {
            makeRoom()
        } else {
            let waiter = TurnWaiter(lane, for: self)
            state = .waitingForTurn(waiter)
            turns.wait(waiter, until: question.deadline)
        }
        if case .ended = state { return false }
        return true
    }

    func waited(isTurn: Bool) {
        switch state {
        case .waitingForTurn:
            guard isTurn else {
                return finish(
                    .failure(
                        Failure(
                            .deadlineExceeded, .gateway,
                            "The deadline passed while the request waited for its turn.")))
            }
            makeRoom()
        case .waitingForRoom: run()
        case .running, .ended: break
        }
    }

    func cancel() {
        switch state {
        case .waitingForTurn(let waiter):
            turns.giveUp(waiter)
            finish(.failure(Self.left))
        case .waitingForRoom(let waiter):
            room.giveUp(waiter)
            leave()
            finish(.failure(Self.left))
        case .running(let plan): plan?.cancel()
        case .ended: break
        }
    }

    private static var left: Failure {
        Failure(.clientGone, .downstream, "The client left while its request waited for its turn.")
    }

    /// Behind the turn, so that its calls begin at once when there are places for them.
    private func makeRoom() {
        if room.take(lane) { return run() }
        let waiter = TurnWaiter(lane, for: self)
        state = .waitingForRoom(waiter)
        room.wait(waiter, until: patience)
    }

    private func run() {
        state = .running(nil)
        let began = ContinuousClock.now
        record.planStarted = began
        let plan = runner.begin(question) { [self] result in
            leave()
            figures?.noteRun(record)
            finish(.success(PlanAnswer(result, parts: record.parts, leader: question.requestID, began: began)))
        }
        if case .running = state { state = .running(plan) }
    }

    /// Its turn is over.
    private func leave() {
        // Not again: what this lets in may look here.
        state = .ended
        room.lookAgain()
        turns.leave(lane)
    }

    private func finish(_ result: Result<PlanAnswer, Failure>) {
        state = .ended
        end(result)
    }
}
