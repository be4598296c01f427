// Constant load on a gateway: requests leave when they are due, whether or not others have been answered. Everything
// happens on one event loop; what became of the requests is collected and handed over a phase at a time.

import NIOCore
import NIOHTTP1
import NIOPosix
import StubUpstreams
import Synchronization

/// What a client saw of one request.
struct Sample: Sendable {
    enum Outcome: Sendable, Equatable {
        /// A complete answer. `error` is `error=` of its `Proxy-Status`.
        case answered(status: Int, error: String?)
        /// The client went before the answer, on purpose.
        case left
        /// The connection ended or stayed silent, which a gateway must never let happen.
        case lost(String)
        /// An answer that is not what was asked for.
        case wrong(String)
    }

    let question: Question
    let sent: ContinuousClock.Instant
    let time: Duration
    let outcome: Outcome

    var isGood: Bool { outcome == .answered(status: 200, error: nil) }
    /// Neither an error of the contract nor a client that left.
    var isBroken: Bool {
        switch outcome {
        case .lost, .wrong: true
        case .answered, .left: false
        }
    }
}

/// One of the things that clients ask.
struct Question: Sendable {
    /// Calls to the conversations service, of each.
    static let ownCalls = 3

    let route: String
    let path: String
    /// Upstream calls that an answer takes, if none is tried again.
    let calls: Int
    /// Text that is in every right answer, and in no other question's.
    let mark: String
}

/// Sends questions in turn, so many a second.
final class Load: Sendable {
    /// Not Sendable parts belong to the loop.
    private struct State {
        var samples: [Sample] = []
        var inFlight = 0
    }

    let port: Int
    let key: String
    private let questions: [Question]
    private let loop: any EventLoop
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let state = Mutex(State())
    private let idle: NIOLoopBoundBox<Idle>
    private let timer: Mutex<RepeatedTask?> = Mutex(nil)
    /// How many of a thousand clients leave before their answer.
    private let leaving: Atomic<Int> = Atomic(0)

    /// Connections that wait for a question.
    struct Idle {
        var connections: [any Channel] = []
        var random: SeededRandom
        var next = 0
    }

    init(port: Int, key: String, questions: [Question], seed: UInt64) {
        self.port = port
        self.key = key
        self.questions = questions
        loop = group.next()
        idle = .makeBoxSendingValue(Idle(random: SeededRandom(seed: seed)), eventLoop: loop)
    }

    /// - Parameter leaving: the share of clients that leave before their answer, at random moments.
    func start(perSecond rate: Int, leaving share: Double = 0) {
        leaving.store(Int(share * 1000), ordering: .relaxed)
        let task = loop.scheduleRepeatedTask(
            initialDelay: .zero, delay: .nanoseconds(Int64(1_000_000_000 / rate))
        ) { [self] _ in ask() }
        timer.withLock { $0 = task }
    }

    /// Sends nothing more until it is started again, waits for what is under way, and closes its connections.
    /// - Throws: `CannotPlay` if a request has no end, which `Asking` rules out.
    func pause() async throws {
        timer.withLock { $0?.cancel() }
        let end = ContinuousClock.now + .seconds(10)
        while state.withLock(\.inFlight) > 0, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(10)) }
        let left = state.withLock(\.inFlight)
        guard left == 0 else { throw CannotPlay(description: "\(left) requests have no end.") }
        try await loop.submit { [self] in
            for connection in idle.value.connections { connection.close(promise: nil) }
            idle.value.connections = []
        }.get()
    }

    /// Ends for good.
    func stop() async throws {
        try await pause()
        try await group.shutdownGracefully()
    }

    /// What has been answered since it was asked for last.
    func takeSamples() -> [Sample] {
        state.withLock { state in
            defer { state.samples = [] }
            return state.samples
        }
    }

    // MARK: On the loop

    private func ask() {
        let question = questions[idle.value.next % questions.count]
        idle.value.next += 1
        state.withLock { $0.inFlight += 1 }
        let leavesAfter = leavingTime()
        while let connection = idle.value.connections.popLast() {
            guard connection.isActive else { continue }
            return send(question, over: connection, leavesAfter)
        }
        let sent = ContinuousClock.now
        ClientBootstrap(group: loop).channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandlers([
                        NIOHTTPClientResponseAggregator(maxContentLength: 8 << 20), Asking(),
                    ])
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .whenComplete { [self] result in
                switch result {
                case .success(let channel): send(question, over: channel, leavesAfter)
                case .failure(let error): end(question, sent, .lost("no connection: \(error)"))
                }
            }
    }

    /// Nil: the client stays.
    private func leavingTime() -> TimeAmount? {
        let share = leaving.load(ordering: .relaxed)
        guard share > 0, Int.random(in: 0..<1000, using: &idle.value.random) < share else { return nil }
        return .microseconds(.random(in: 0..<50_000, using: &idle.value.random))
    }

    private func send(_ question: Question, over channel: any Channel, _ leavesAfter: TimeAmount?) {
        let sent = ContinuousClock.now
        let departure = leavesAfter.map { time in
            loop.scheduleTask(in: time) { channel.triggerUserOutboundEvent(Asking.Leave(), promise: nil) }
        }
        let asked = Asking.Asked(patience: .seconds(8)) { [self] outcome in
            departure?.cancel()
            if case .answered = outcome, channel.isActive { idle.value.connections.append(channel) }
            end(question, sent, outcome)
        }
        do {
            try channel.pipeline.syncOperations.handler(type: Asking.self)
                .ask(question, host: "127.0.0.1:\(port)", key: key, asked)
        } catch {
            end(question, sent, .lost("\(error)"))
        }
    }

    private func end(_ question: Question, _ sent: ContinuousClock.Instant, _ outcome: Sample.Outcome) {
        let sample = Sample(question: question, sent: sent, time: sent.duration(to: .now), outcome: outcome)
        state.withLock { state in
            state.samples.append(sample)
            state.inFlight -= 1
        }
    }
}
