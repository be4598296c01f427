// Buckets that several gateways share. Redis is asked on a thread of its own; a request waits for it some milliseconds at most, and
// when it is away not at all: then whoever asks decides by what it has itself.

internal import Logging
internal import Pipeline
internal import Synchronization

/// A client of one Redis, for as long as this is kept. From any thread.
final class RedisBuckets: Sendable {
    enum Verdict: Equatable {
        case granted
        case refused(wait: Duration)
    }

    let address: String
    let tally: RedisTally
    private let worker: RedisWorker

    /// Begins to connect.
    /// - Parameter address: as in the configuration.
    init?(_ address: String, _ tally: RedisTally, _ logger: Logger) {
        guard let parsed = RedisAddress(address) else { return nil }
        self.address = address
        self.tally = tally
        worker = RedisWorker(parsed, tally, logger)
        worker.start()
    }

    deinit { worker.close() }

    /// Whether it is asked, as far as is known.
    var isUp: Bool { worker.isUp }

    /// Takes a token of `tenant`'s bucket.
    /// - Returns: nil: Redis is away, or did not answer in time.
    func take(_ tenant: String, _ rate: Rate) async -> Verdict? {
        await withUnsafeContinuation { worker.ask(RedisWorker.Question(tenant: tenant, rate: rate, answer: $0)) }
    }
}

/// What came of asking Redis. From any thread.
package final class RedisTally: Sendable {
    private let decided = Atomic<Int>(0)
    private let missed = Atomic<Int>(0)

    /// Requests that Redis decided about, and those that it should have and did not: it was away, or too slow.
    package var counts: (decided: Int, missed: Int) {
        (decided.load(ordering: .relaxed), missed.load(ordering: .relaxed))
    }

    func count(isDecided: Bool) {
        if isDecided {
            decided.wrappingAdd(1, ordering: .relaxed)
        } else {
            missed.wrappingAdd(1, ordering: .relaxed)
        }
    }
}
