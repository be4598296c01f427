// Buckets that several gateways share. Redis is asked on a thread of its own; a request waits for it some milliseconds at most, and
// when it is away not at all: then whoever asks decides by what it has itself.

package import Logging
internal import Pipeline
internal import Synchronization

/// A client of one Redis, for as long as this is kept. From any thread.
package final class RedisBuckets: Sendable {
    enum Verdict: Equatable {
        case granted
        case refused(wait: Duration)
    }

    let address: String
    private let worker: RedisWorker

    /// Begins to connect.
    /// - Parameter address: as in the configuration.
    package init?(_ address: String, _ logger: Logger) {
        guard let parsed = RedisAddress(address) else { return nil }
        self.address = address
        worker = RedisWorker(parsed, logger)
        worker.start()
    }

    deinit { worker.close() }

    /// Requests that Redis decided about, and those that it should have and did not: it was away, or too slow.
    package var counts: (decided: Int, missed: Int) { worker.counts }

    /// Takes a token of `tenant`'s bucket.
    /// - Returns: nil: Redis is away, or did not answer in time.
    func take(_ tenant: String, _ rate: Rate) async -> Verdict? {
        await withUnsafeContinuation { worker.ask(RedisWorker.Question(tenant: tenant, rate: rate, answer: $0)) }
    }
}
