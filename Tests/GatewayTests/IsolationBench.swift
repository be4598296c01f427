// The downstream stack over upstreams that answer in an order drawn at random, and what it must never let through.

import Aggregation
import Configuration
import Identity
import JSON
import Logging
import Pipeline
import Resilience
import Upstream

@testable import Gateway

/// What came of all rounds.
struct IsolationOutcome: Sendable {
    var statuses: [Int: Int] = [:]
    /// Answers of which a part was an earlier reply.
    var stale = 0
    /// Answers that held what their asker may not see.
    var leaks: [String] = []
    /// Answers that were others than they would have been alone.
    var mistakes: [String] = []
}

/// The stack and its upstreams, on one loop. Four tenants ask for the same six ids, each of which means a record of its own to
/// each tenant; so whatever is shared between two of them by mistake is seen.
final class IsolationBench {
    struct Asker: Sendable {
        let tenant: Int
        /// Nil: all.
        let workspace: Int?
        let maySee: Bool
        let key: String
    }

    private static let tenants = 4

    private(set) var outcome = IsolationOutcome()
    private let loop: FanOutLoop
    private let service: any Service<Request, Response>
    private let wire = Confined(RandomWire())
    private let askers: [Asker]
    private var random = FastRandom(seed: 4)

    init(_ loop: FanOutLoop) throws {
        self.loop = loop
        var askers: [Asker] = []
        var records = "keys:\n"
        for tenant in 0..<Self.tenants {
            for (workspace, maySee) in [(nil, true), (0, true), (1, true), (nil, false)] as [(Int?, Bool)] {
                let key = NewKey(
                    environment: .test, id: "k\(askers.count)", tenantId: "tenant-\(tenant)",
                    scopes: [maySee ? "conversations:read" : "other:read"], workspaceId: workspace.map { "ws-\($0)" })
                records += key.record.yaml
                askers.append(Asker(tenant: tenant, workspace: workspace, maySee: maySee, key: key.text))
            }
        }
        self.askers = askers
        service = try Self.service(try APIKeys.read(records, file: "keys.yaml"), wire, on: loop)
    }

    private static func service(
        _ keys: APIKeys, _ wire: Confined<RandomWire>, on loop: FanOutLoop
    ) throws -> any Service<Request, Response> {
        let settings = try settings()
        let parser = Confined(try JSONParser())
        let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let calls: [String: any Calls] = settings.upstreams.reduce(into: [:]) { calls, upstream in
            let places = Places(most: 4, queue: 100, wait: .seconds(60))
            // Whatever shares replies between calls belongs here, in the order of `Stacks.swift`.
            calls[upstream.name] = Concurrency(
                upstream.name, places, wait: .seconds(60), on: loop,
                before: RandomUpstream(name: upstream.name, wire: wire, places: places))
        }
        let replies = StaleReplies(counts: StaleCounts())
        let stale = calls.mapValues { _ in replies.upstream() }
        let turns = Confined(Turns(PlanLimit(), on: loop))
        let routes = settings.routes.map { route in
            let runner = PlanRunner(
                Plan(route, contract: settings.contract), upstreams: calls, stale: stale, parser: parser,
                logger: silent, security: Deaf(), perform: loop.perform)
            return Route(route, runner: runner, turns: turns, room: Confined(Turns(PlanRoom([]), on: loop)))
        }
        return downstream(
            to: Routes(routes: routes),
            observation: Observation(log: nil, random: Confined(SharedRandom()), traceSample: 0, serverTiming: true),
            crossOrigin: nil, inFlight: InFlight(most: 100), failedCredentials: nil,
            authentication: Authentication(keys, settings.auth), rateLimit: nil, leaving: Leaving(), security: Deaf(),
            logger: silent)
    }

    /// Two questions at once; the replies to their calls come in an order of their own.
    func play(_ round: Int) async throws {
        let isHostile = round.isMultiple(of: 10)
        let isFailing = round % 10 == 5
        wire.value.isHostile = isHostile
        wire.value.isFailing = isFailing
        let ended = Confined(Count())
        let questions = (0..<2).map { _ in
            (
                askers[Int.random(in: 0..<askers.count, using: &random)],
                Int.random(in: 0..<RandomWire.conversations, using: &random)
            )
        }
        let tasks = questions.map { asker, conversation in
            let request = Self.request(asker, conversation)
            return Task(executorPreference: loop) { [service] in
                defer { ended.value.count += 1 }
                return try await service.answer(request)
            }
        }
        while ended.value.count < tasks.count {
            wire.value.answerOne(using: &random)
            await Task.yield()
        }
        for (task, (asker, conversation)) in zip(tasks, questions) {
            judge(try await task.value, asker, conversation, round, isWell: !isHostile && !isFailing)
        }
    }

    private static func request(_ asker: Asker, _ conversation: Int) -> Request {
        var request = Request(
            method: .get, path: "/api/conversations/\(RandomWire.id(conversation))", client: "192.0.2.1", id: "r-1",
            arrived: .now, completed: .now)
        request.authorization = "Bearer \(asker.key)"
        return request
    }

    private func judge(_ response: Response, _ asker: Asker, _ conversation: Int, _ round: Int, isWell: Bool) {
        outcome.statuses[response.status, default: 0] += 1
        if response["Gateway-Parts"]?.contains(";stale=") == true { outcome.stale += 1 }
        let text = String(decoding: response.body, as: UTF8.self)
        let isOthers = (0..<Self.tenants).contains { $0 != asker.tenant && text.contains("tenant-\($0)") }
        let isOtherWorkspace = asker.workspace.map { text.contains("ws-\(1 - $0)") } ?? false
        let isOtherRecord = response.status == 200 && !text.contains(RandomWire.id(conversation))
        let isUnseen = response.status == 200 && !asker.maySee
        if isOthers || isOtherWorkspace || isOtherRecord || isUnseen {
            outcome.leaks.append("round \(round), tenant \(asker.tenant): \(text)")
        }
        if isWell, response.status != expected(asker, conversation) {
            outcome.mistakes.append("round \(round), tenant \(asker.tenant): \(response.status) \(text)")
        }
    }

    private func expected(_ asker: Asker, _ conversation: Int) -> Int {
        if !asker.maySee { return 403 }
        let isThere = conversation != RandomWire.unknown
        return isThere && (asker.workspace ?? conversation % 2) == conversation % 2 ? 200 : 404
    }

    private static func settings() throws -> Settings {
        let text = """
            server: { listen: [{ address: "127.0.0.1:0" }] }
            admin: { address: "127.0.0.1:0" }
            auth: { environment: test, apiKeys: { file: keys.yaml } }
            upstreams:
              conversations: { endpoints: ["http://127.0.0.1:1"] }
              crm: { endpoints: ["http://127.0.0.1:2"] }
            routes:
              - name: conversation
                path: /api/conversations/{id}
                parameters: { id: uuid }
                scopes: [conversations:read]
                deadline: 60s
                parts:
                  - { name: conversation, upstream: conversations, path: "/conversations/{id}", into: root, schema: Conversation, staleIfError: 1m }
                  - { name: messages, upstream: conversations, path: "/conversations/{id}/messages", select: data, schema: "[Message]", staleIfError: 1m }
                  - { name: contact, upstream: crm, path: "/contacts/{conversation.contactId}", schema: Contact, onNotFound: "null", staleIfError: 1m }
            """
        return try ConfigurationFile.read(
            text, file: "gateway.yaml", folder: "/", environment: [:],
            libcurl: LibcurlVersion(major: 8, minor: 0, patch: 0)
        ).settings
    }
}

/// Runs `work` with a bench on a loop of its own.
func onIsolationBench<Result: Sendable>(
    _ work: @escaping @Sendable (IsolationBench) async throws -> Result
) async throws -> Result {
    let loop = FanOutLoop(name: "test", connections: 1)
    let result = await Task(executorPreference: loop) { try await work(IsolationBench(loop)) }.result
    loop.stop()
    return try result.get()
}

private final class Count { var count = 0 }

/// Nobody watches: what comes of it is seen in the answers.
private struct Deaf: SecurityWatch {
    func note(_ event: SecurityEvent) {}
}
