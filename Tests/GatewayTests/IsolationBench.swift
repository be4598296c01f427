// The downstream stack over upstreams that answer in an order drawn at random, and what it must never let through.

import Aggregation
import Configuration
import Glibc
import Identity
import JSON
import Logging
import Pipeline
import Resilience
import Support
import Telemetry
import Upstream

@testable import Gateway

/// The stack and its upstreams, on one loop, with all that shares replies and answers, and with what remembers tokens. Four tenants ask for the same six ids, each
/// of which means a record of its own to each tenant; so whatever is shared between two of them by mistake is seen. Each record
/// says for which request it was fetched; so whatever is shared between different rights is seen, too.
final class IsolationBench {
    struct Asker: Sendable {
        let tenant: Int
        /// Nil: all.
        let workspace: Int?
        let scopes: Set<String>
        /// A key or a token.
        let credential: String
        var maySee: Bool { scopes.contains("conversations:read") }

        func hasRights(of other: Asker) -> Bool {
            tenant == other.tenant && workspace == other.workspace && scopes == other.scopes
        }
    }

    private struct Question {
        let id: String
        let asker: Asker
        let conversation: Int
    }

    private static let tenants = 4
    /// Of each tenant's credentials: workspace and scopes. Two have the same. Every second one is a token.
    private static let rights: [(Int?, [String])] = [
        (nil, ["conversations:read"]), (nil, ["conversations:read"]), (nil, ["conversations:read", "other:read"]),
        (0, ["conversations:read"]), (1, ["conversations:read"]), (nil, ["other:read"]),
    ]

    private(set) var outcome = IsolationOutcome()
    private let loop: FanOutLoop
    private let service: any Service<Request, Response>
    private let wire = Confined(RandomWire())
    private let askers: [Asker]
    private var random = FastRandom(seed: 4)
    /// Who asked what so far: answers may be given again.
    private var asked: [String: Asker] = [:]

    /// - Parameter reuses: whether answers are given again to whoever asks for the same later.
    init(_ loop: FanOutLoop, _ issuer: BenchIssuer, reuses: Bool) throws {
        self.loop = loop
        var askers: [Asker] = []
        var records = "keys:\n"
        for tenant in 0..<Self.tenants {
            for (number, (workspace, scopes)) in Self.rights.enumerated() {
                let key = NewKey(
                    environment: .test, id: "k\(askers.count)", tenantId: "tenant-\(tenant)", scopes: scopes,
                    workspaceId: workspace.map { "ws-\($0)" })
                if number.isMultiple(of: 2) { records += key.record.yaml }
                let credential = number.isMultiple(of: 2) ? key.text : try issuer.token(key.record)
                askers.append(
                    Asker(tenant: tenant, workspace: workspace, scopes: Set(scopes), credential: credential))
            }
        }
        self.askers = askers
        let tokens = try Tokens(on: loop, KeyWaits(most: 1)) { _ in }
        tokens.serve([issuer.issuer])
        service = try Self.service(
            try APIKeys.read(records, file: "keys.yaml"), Confined(tokens), wire, reuses: reuses, on: loop)
    }

    private static func service(
        _ keys: APIKeys, _ tokens: Confined<Tokens>, _ wire: Confined<RandomWire>, reuses: Bool, on loop: FanOutLoop
    ) throws -> any Service<Request, Response> {
        let settings = try settings()
        let parser = Confined(try JSONParser())
        let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let calls: [String: any Calls] = settings.upstreams.reduce(into: [:]) { calls, upstream in
            let places = Places(most: 4, queue: 100, wait: .seconds(60))
            // Whatever shares replies between calls belongs here, in the order of `Stacks.swift`.
            calls[upstream.name] = Coalescing(
                upstream.name, attempt: .seconds(1), count: SharedCount(), on: loop,
                before: Concurrency(
                    upstream.name, places, wait: .seconds(60), on: loop,
                    before: RandomUpstream(name: upstream.name, wire: wire, places: places)))
        }
        let replies = StaleReplies(counts: StaleCounts())
        let stale = calls.mapValues { _ in replies.upstream() }
        let turns = Confined(Turns(PlanLimit(), on: loop))
        let routes = settings.routes.map { route in
            let runner = PlanRunner(
                Plan(route, contract: settings.contract), upstreams: calls, stale: stale, parser: parser,
                logger: silent, security: Deaf())
            return Route(
                route, runner: runner, turns: turns, room: Confined(Turns(PlanRoom([]), on: loop)),
                coalescing: Confined(AnswerCoalescing(count: SharedCount(), on: loop)),
                reuse: reuses ? Confined(answers(on: loop)) : nil, on: loop)
        }
        return downstream(
            to: Routes(routes: routes),
            observation: Observation(
                log: nil, traces: nil, random: Confined(SharedRandom()), traceSample: 0, serverTiming: true),
            crossOrigin: nil, inFlight: InFlight(most: 2000), failedCredentials: nil,
            authentication: Authentication(keys, settings.auth, tokens: tokens), rateLimit: nil, leaving: Leaving(),
            security: Deaf(),
            logger: silent)
    }

    /// Of any age, but only as many as some twenty of the questions that there are: all others need runs, as ever.
    private static func answers(on loop: FanOutLoop) -> KeptAnswers {
        KeptAnswers(
            for: .seconds(3600), most: 60_000, of: AnswerRoom(loops: 1), count: SharedCount(), on: loop)
    }

    /// Three questions at once, alike more often than not; the replies to their calls come in an order of their own, and now and
    /// then somebody leaves.
    func play(_ round: Int) async throws {
        let isHostile = round.isMultiple(of: 10)
        let isFailing = round % 10 == 5
        wire.value.isHostile = isHostile
        wire.value.isFailing = isFailing
        let ended = Confined(Count())
        let questions = questions(round)
        let tasks = questions.map { question in
            let request = Self.request(question)
            return Task(executorPreference: loop) { [service] in
                defer { ended.value.count += 1 }
                return try await service.answer(request)
            }
        }
        let leaving = round.isMultiple(of: 7) ? Int.random(in: 0..<tasks.count, using: &random) : nil
        var moments = Int.random(in: 0..<8, using: &random)
        while ended.value.count < tasks.count {
            if moments == 0, let leaving { tasks[leaving].cancel() }
            moments -= 1
            wire.value.answerOne(using: &random)
            await Task.yield()
        }
        for (number, task) in tasks.enumerated() {
            let response = try await task.value
            let isWell = !isHostile && !isFailing && number != leaving
            judge(response, questions[number], isWell: isWell)
        }
    }

    /// So many ask the same at once, and every third of them leaves while upstreams are at work, whoever came first among them.
    func crowd(_ count: Int) async throws -> [Response] {
        let ended = Confined(Count())
        let tasks = (0..<count).map { number in
            let request = Self.request(Question(id: "r-\(number).", asker: askers[number % 2], conversation: 1))
            return Task(executorPreference: loop) { [service] in
                defer { ended.value.count += 1 }
                return try await service.answer(request)
            }
        }
        await Task.yield()
        for (number, task) in tasks.enumerated() where number.isMultiple(of: 3) { task.cancel() }
        while ended.value.count < count {
            wire.value.answerOne(using: &random)
            // A pass of the loop, in which alarms ring; a yield would stay in this one.
            await withUnsafeContinuation { continuation in loop.submit { continuation.resume() } }
        }
        var responses: [Response] = []
        for task in tasks { responses.append(try await task.value) }
        return responses
    }

    private func questions(_ round: Int) -> [Question] {
        var questions: [Question] = []
        for number in 0..<3 {
            var asker = askers[Int.random(in: 0..<askers.count, using: &random)]
            var conversation = Int.random(in: 0..<RandomWire.conversations, using: &random)
            if let first = questions.first {
                if Bool.random(using: &random) { conversation = first.conversation }
                if Bool.random(using: &random), let alike = askers.filter({ $0.hasRights(of: first.asker) }).last {
                    asker = alike
                }
            }
            let question = Question(id: "r-\(round)-\(number).", asker: asker, conversation: conversation)
            asked[question.id] = asker
            questions.append(question)
        }
        return questions
    }

    private static func request(_ question: Question) -> Request {
        var request = Request(
            method: .get, path: "/api/conversations/\(RandomWire.id(question.conversation))", client: "192.0.2.1",
            id: question.id, arrived: .now, completed: .now)
        request.authorization = "Bearer \(question.asker.credential)"
        return request
    }

    private func judge(_ response: Response, _ question: Question, isWell: Bool) {
        outcome.statuses[response.status, default: 0] += 1
        if response["Gateway-Parts"]?.contains(";stale=") == true { outcome.stale += 1 }
        let asker = question.asker
        let text = String(decoding: response.body, as: UTF8.self)
        let isOthers = (0..<Self.tenants).contains { $0 != asker.tenant && text.contains("tenant-\($0)") }
        let isOtherWorkspace = asker.workspace.map { text.contains("ws-\(1 - $0)") } ?? false
        let isOtherRecord = response.status == 200 && !text.contains(RandomWire.id(question.conversation))
        let isUnseen = response.status == 200 && !asker.maySee
        let fetchedFor = response.status == 200 ? Self.ids(in: text) : []
        let isOfOtherRights = fetchedFor.contains { asked[$0]?.hasRights(of: asker) != true }
        if isOthers || isOtherWorkspace || isOtherRecord || isUnseen || isOfOtherRights {
            outcome.leaks.append("\(question.id) tenant \(asker.tenant): \(text)")
        }
        if fetchedFor.contains(where: { $0 != question.id }) { outcome.shared += 1 }
        let round = question.id.prefix { $0 != "." }.dropLast()
        let isReused = fetchedFor.contains { !$0.hasPrefix(round) }
        if isReused, response["Gateway-Parts"] == nil { outcome.reused += 1 }
        if isWell, response.status != expected(asker, question.conversation) {
            outcome.mistakes.append("\(question.id) tenant \(asker.tenant): \(response.status) \(text)")
        }
    }

    /// Of the questions that a body's records were fetched for: `for r-7-2.`
    private static func ids(in text: String) -> Set<String> {
        var ids: Set<String> = []
        text.withCString { text in
            // Byte by byte in Swift that would take half of the test's time.
            var next = strstr(text, " r-")
            while let found = next {
                let id = String(cString: found + 1).prefix { $0 != "." }
                ids.insert(id + ".")
                next = strstr(found + 1, " r-")
            }
        }
        return ids
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
        )
    }
}

/// Runs `work` with a bench on a loop of its own.
func onIsolationBench<Result: Sendable>(
    reuses: Bool = false, _ work: @escaping @Sendable (IsolationBench) async throws -> Result
) async throws -> Result {
    let issuer = try await BenchIssuer()
    let loop = FanOutLoop(name: "test", connections: 1)
    let result = await Task(executorPreference: loop) { try await work(IsolationBench(loop, issuer, reuses: reuses)) }
        .result
    loop.stop()
    return try result.get()
}

private final class Count { var count = 0 }

/// Nobody watches: what comes of it is seen in the answers.
private struct Deaf: SecurityWatch {
    func note(_ event: SecurityEvent) {}
}
