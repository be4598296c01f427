// The product's route on one loop, as a gateway has it, with a cap that can be exchanged.

import Aggregation
import Configuration
import Glibc
import JSON
import Logging
import Pipeline
import Resilience
import StubUpstreams
import Upstream

/// How plans take turns.
enum Cap: String, CaseIterable {
    case adaptive
    case fixed = "fixed 16"
    case none

    var rule: CapRule {
        switch self {
        case .adaptive: CapRule(fixed: nil)
        case .fixed: CapRule(fixed: 16)
        case .none: CapRule(fixed: .max)
        }
    }
}

struct CapRule: TurnRule {
    static var window: Duration { PlanLimit.window }

    private var adaptive = PlanLimit()
    private var inFlight = 0
    private let fixed: Int?

    /// - Parameter fixed: nil: the gateway's own rule.
    init(fixed: Int?) { self.fixed = fixed }

    mutating func admits(_ lane: Int) -> Bool {
        guard let fixed else { return adaptive.admits(lane) }
        guard inFlight < fixed else { return false }
        inFlight += 1
        return true
    }

    mutating func ended(_ lane: Int) {
        if fixed == nil { adaptive.ended(lane) } else { inFlight -= 1 }
    }

    mutating func watched(asleep: Double, waiting: Int) {
        if fixed == nil { adaptive.watched(asleep: asleep, waiting: waiting) }
    }
}

/// On its loop's thread only.
final class Plans {
    private final class Count { var count = 0 }

    private let loop: FanOutLoop
    private let runner: PlanRunner
    private let principal = Principal(tenant: Fixtures.tenantA, scopes: [], workspace: nil, credential: "bench")

    init(conversations: String, crm: String, on loop: FanOutLoop) throws {
        self.loop = loop
        let settings = try Self.settings(conversations, crm)
        var calls: [String: any Calls] = [:]
        for upstream in settings.upstreams { calls[upstream.name] = Self.calls(upstream, on: loop) }
        let silent = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
        runner = PlanRunner(
            Plan(settings.routes[0], contract: settings.contract), upstreams: calls, parser: Confined(try JSONParser()),
            logger: silent, security: Deaf())
    }

    /// Lets so many clients ask for a second, each again as soon as it is answered.
    func slice(_ cap: Cap, clients: Int) async -> Slice {
        let turns = Confined(Turns(cap.rule, on: loop))
        let answered = Confined(Count())
        let (begin, spent) = (ContinuousClock.now, Self.threadTime())
        let end = begin + .seconds(1)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<clients {
                group.addTask { [loop, runner, principal] in
                    while loop.now < end {
                        await Self.ask(runner, principal, turns, answered)
                    }
                }
            }
        }
        let answers = Double(max(1, answered.value.count))
        return Slice(
            rate: answers / (begin.duration(to: .now) / .seconds(1)),
            cost: (Self.threadTime() - spent) / .microseconds(1) / answers)
    }

    private static func ask(
        _ runner: PlanRunner, _ principal: Principal, _ turns: Confined<Turns<CapRule>>, _ answered: Confined<Count>
    ) async {
        let deadline = ContinuousClock.now + .seconds(20)
        await withUnsafeContinuation { continuation in
            var random = FastRandom(seed: 1)
            let question = PlanQuestion(
                parameters: ["id": Fixtures.active.id], principal: principal, requestID: "bench", deadline: deadline,
                record: Confined(RequestRecord(trace: Trace(using: &random))))
            PlanInTurn(turns.value, runner, question) {
                answered.value.count += 1
                continuation.resume()
            }.begin()
        }
    }

    /// The upstream's stack without what is for failures.
    private static func calls(_ upstream: UpstreamSettings, on loop: FanOutLoop) -> any Calls {
        let places = Places(most: 2048, queue: 2048, wait: .seconds(20))
        return Concurrency(
            upstream.name, places, wait: .seconds(20), on: loop,
            before: UpstreamClient(upstream, on: loop, userAgent: "bench") { places.giveBack($0.lane) })
    }

    private static func settings(_ conversations: String, _ crm: String) throws -> Settings {
        let text = """
            auth: { apiKeys: { file: keys.yaml } }
            upstreams:
              conversations: { endpoints: ["\(conversations)"], timeouts: { connect: 20s, attempt: 20s } }
              crm: { endpoints: ["\(crm)"], timeouts: { connect: 20s, attempt: 20s } }
            routes:
              - name: conversation
                path: /api/conversations/{id}
                parameters: { id: uuid }
                deadline: 60s
                parts:
                  - { name: conversation, upstream: conversations, path: "/conversations/{id}", into: root, schema: Conversation }
                  - { name: messages, upstream: conversations, path: "/conversations/{id}/messages", select: data, schema: "[Message]" }
                  - { name: attentionItems, upstream: conversations, path: "/conversations/{id}/attention-items", select: data, schema: "[AttentionItem]" }
                  - { name: contact, upstream: crm, path: "/contacts/{conversation.contactId}", schema: Contact }
                  - { name: account, upstream: crm, path: "/accounts/{conversation.accountId}", schema: Account }
            """
        return try ConfigurationFile.read(
            text, file: "bench.yaml", folder: "/", environment: [:], libcurl: .linked
        )
    }

    private static func threadTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

/// One plan that waits for its turn, runs, and gives the turn back.
private final class PlanInTurn: TurnTaker {
    private let turns: Turns<CapRule>
    private let runner: PlanRunner
    private let question: PlanQuestion
    private let end: () -> Void

    init(_ turns: Turns<CapRule>, _ runner: PlanRunner, _ question: PlanQuestion, then end: @escaping () -> Void) {
        self.turns = turns
        self.runner = runner
        self.question = question
        self.end = end
    }

    func begin() {
        if turns.take() { return run() }
        turns.wait(TurnWaiter(0, for: self), until: question.deadline)
    }

    func waited(isTurn: Bool) {
        precondition(isTurn, "A plan got no turn in time.")
        run()
    }

    private func run() {
        _ = runner.begin(question) { [self] result in
            if case .failure(let failure) = result { preconditionFailure("A plan failed: \(failure.reason)") }
            turns.leave()
            end()
        }
    }
}

private struct Deaf: SecurityWatch {
    func note(_ event: SecurityEvent) {}
}
