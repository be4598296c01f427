// The thread that talks to Redis: what came in while it waited for replies goes out together.

internal import Dispatch
internal import Glibc
internal import Logging
internal import Pipeline
internal import Synchronization

/// Answers questions for as long as it is connected, and connects for as long as it is not.
final class RedisWorker: Sendable {
    struct Question: Sendable {
        let tenant: String
        let rate: Rate
        let answer: UnsafeContinuation<RedisBuckets.Verdict?, Never>
    }

    private struct Queue {
        var questions = RedisQueue<Question>()
        /// Before the first connection, and after one was lost: nobody waits.
        var isAway = true
        var isClosed = false
        /// Whether the thread waits to be woken.
        var isAsleep = false
    }

    /// How long Redis has for a batch, from the first command to the last reply. A request waits for twice that at most: for
    /// the replies to others, and for its own. A local network answers in a tenth of a millisecond.
    private static let silence = RedisQueue<Question>.patience
    private static let patience = Duration.milliseconds(500)
    /// Between two attempts to connect.
    private static let backoff = Backoff(base: .milliseconds(100), cap: .seconds(5))

    /// How Redis has done lately; the thread's own.
    private struct Standing {
        /// In a row.
        var failures = 0
        /// It was away, which has been said, and has not taken a token since.
        var wasAway = false
        /// It took a token on this connection.
        var counts = false
        /// It could not count for one tenant on this connection, which has been said.
        var wasOdd = false
    }

    private let address: RedisAddress
    private let logger: Logger
    private let queue = Mutex(Queue())
    private let bell = DispatchSemaphore(value: 0)
    private let tally: RedisTally
    /// For whoever watches; `Queue.isAway` is what requests go by.
    private let up = Atomic<Bool>(false)

    init(_ address: RedisAddress, _ tally: RedisTally, _ logger: Logger) {
        self.address = address
        self.tally = tally
        self.logger = logger
    }

    var isUp: Bool { up.load(ordering: .relaxed) }

    func start() {
        // A queue of its own that never ends its one item is a thread of its own.
        DispatchQueue(label: "redis").async { [self] in run() }
    }

    /// Ends the thread; what is asked from now on has no answer.
    func close() {
        queue.withLock { $0.isClosed = true }
        bell.signal()
    }

    func ask(_ question: Question) {
        let (isTaken, mustWake) = queue.withLock { queue in
            guard !queue.isAway, !queue.isClosed, queue.questions.add(question, at: .now) else { return (false, false) }
            defer { queue.isAsleep = false }
            return (true, queue.isAsleep)
        }
        if mustWake { bell.signal() }
        if !isTaken { answer(question, nil) }
    }

    private func answer(_ question: Question, _ verdict: RedisBuckets.Verdict?) {
        tally.count(isDecided: verdict != nil)
        question.answer.resume(returning: verdict)
    }

    // MARK: The thread

    private func run() {
        // A connection that Redis closed is an error of write(2), and nothing else.
        var pipe = sigset_t()
        sigemptyset(&pipe)
        sigaddset(&pipe, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &pipe, nil)

        var standing = Standing()
        while !isClosed {
            do throws(RedisUnavailable) {
                let connection = try RedisConnection.open(to: address, patience: Self.patience, silence: Self.silence)
                let digest = try load(connection)
                queue.withLock { $0.isAway = false }
                // One that was away has to take a token first, as for the log.
                if !standing.wasAway { up.store(true, ordering: .relaxed) }
                while let questions = nextQuestions() { try ask(questions, of: connection, digest, &standing) }
            } catch {
                leaveAlone()
                if !standing.wasAway {
                    logger.warning(
                        "Redis cannot be asked; rates are counted here until it can.",
                        metadata: ["reason": "\(error.reason)"])
                }
                (standing.wasAway, standing.counts, standing.wasOdd) = (true, false, false)
                standing.failures += 1
                rest(for: Self.backoff.longest(before: standing.failures))
            }
        }
        leaveAlone()
    }

    private var isClosed: Bool { queue.withLock(\.isClosed) }

    private func load(_ connection: borrowing RedisConnection) throws(RedisUnavailable) -> String {
        let deadline = ContinuousClock.now + Self.patience
        try connection.append(RedisScript.load)
        try connection.send(by: deadline)
        switch try connection.reply(by: deadline) {
        case .text(let digest): return digest
        case .error(let text): throw RedisUnavailable(reason: text)
        case .integer, .other: throw RedisUnavailable(reason: "it did not take the script")
        }
    }

    private func ask(
        _ questions: [Question], of connection: borrowing RedisConnection, _ digest: String,
        _ standing: inout Standing
    ) throws(RedisUnavailable) {
        let deadline = ContinuousClock.now + Self.silence
        var answered = 0
        do throws(RedisUnavailable) {
            for question in questions {
                try connection.append(RedisScript.command(digest, question.tenant, question.rate))
            }
            try connection.send(by: deadline)
            for question in questions {
                let reply = try connection.reply(by: deadline)
                switch reply {
                case .integer(let micros):
                    if micros == 0 { noteTaken(&standing) }
                    answer(question, micros > 0 ? .refused(wait: .microseconds(micros)) : .granted)
                case .error(let text):
                    if RedisScript.concernsAll(text) { throw RedisUnavailable(reason: text) }
                    noteOdd(question.tenant, text, &standing)
                    answer(question, nil)
                case .text, .other: throw RedisUnavailable(reason: "an odd answer")
                }
                answered += 1
            }
        } catch {
            for question in questions[answered...] { answer(question, nil) }
            throw error
        }
    }

    /// Only a token that was taken shows that Redis can be read and written in time: one that is full, a replica or slow lets
    /// itself be connected to all the same.
    private func noteTaken(_ standing: inout Standing) {
        guard !standing.counts else { return }
        standing = Standing(counts: true, wasOdd: standing.wasOdd)
        up.store(true, ordering: .relaxed)
        logger.info("Rates are counted in Redis.")
    }

    /// Somebody else's value stands where its bucket should. All others are as well off as before.
    private func noteOdd(_ tenant: String, _ reason: String, _ standing: inout Standing) {
        guard !standing.wasOdd else { return }
        standing.wasOdd = true
        logger.warning(
            "Redis cannot count for a tenant; its rate is counted here.",
            metadata: ["tenant": "\(tenant)", "reason": "\(reason)"])
    }

    /// What was asked; waits for it. Nil: closed.
    private func nextQuestions() -> [Question]? {
        while true {
            let (late, questions, isClosed) = queue.withLock { queue in
                let (late, together) = queue.questions.take(at: .now)
                queue.isAsleep = together.isEmpty && !queue.isClosed
                return (late, together, queue.isClosed)
            }
            for question in late { answer(question, nil) }
            if !questions.isEmpty { return questions }
            if isClosed { return nil }
            bell.wait()
        }
    }

    /// Nobody waits for Redis any more.
    private func leaveAlone() {
        up.store(false, ordering: .relaxed)
        let left = queue.withLock { queue in
            queue.isAway = true
            return queue.questions.empty()
        }
        for question in left { answer(question, nil) }
    }

    private func rest(for pause: Duration) {
        guard !isClosed else { return }
        _ = bell.wait(timeout: .now() + .nanoseconds(Int(pause.nanoseconds)))
    }
}
