// The buckets of the whole process: many, bounded, and for all loops.

package import Pipeline
internal import Synchronization

/// A token bucket for each of many keys. May be used from any thread.
///
/// The keys are spread over shards with a lock each, held for the time of one look-up: two loops meet at one about as
/// seldom as two of their requests are for the same shard in the same tenth of a microsecond. What leaves a full table is
/// the bucket that was used least recently. It was full again long ago, unless more keys than the table holds come within
/// the time in which a bucket fills.
package final class Buckets<Key: Hashable & Sendable>: Sendable {
    /// A power of two.
    private static var shards: Int { 64 }

    private final class Shard: Sendable {
        let table: Mutex<RecentTable<Key, TokenBucket>>

        init(most: Int) {
            table = Mutex(RecentTable(most: most))
        }
    }

    private let shards: [Shard]

    /// - Parameter most: about how many keys are remembered.
    package init(most: Int) {
        shards = (0..<Self.shards).map { _ in Shard(most: max(1, most / Self.shards)) }
    }

    /// How many keys are remembered.
    package var count: Int {
        shards.reduce(0) { sum, shard in sum + shard.table.withLock(\.count) }
    }

    /// Takes a token of `key`'s bucket, if there is one.
    /// - Returns: nil if there was one; otherwise how long it takes until there is.
    package func take(_ key: Key, _ rate: Rate, at now: ContinuousClock.Instant) -> Duration? {
        shard(of: key).table.withLock { table in
            table.use(key, new: TokenBucket(at: now)) { $0.take(rate, at: now) }
        }
    }

    /// How long it takes until `key`'s bucket has a token; nil: it has one. Nothing is taken, nor remembered for it.
    package func wait(_ key: Key, _ rate: Rate, at now: ContinuousClock.Instant) -> Duration? {
        shard(of: key).table.withLock { $0.peek(key)?.wait(rate, at: now) }
    }

    /// Takes a token, which may be one too many.
    /// - Returns: how long it takes until there is one again; nil: there is one left.
    package func spend(_ key: Key, _ rate: Rate, at now: ContinuousClock.Instant) -> Duration? {
        shard(of: key).table.withLock { table in
            table.use(key, new: TokenBucket(at: now)) { bucket in
                bucket.spend(rate, at: now)
                return bucket.wait(rate, at: now)
            }
        }
    }

    private func shard(of key: Key) -> Shard {
        shards[key.hashValue & (Self.shards - 1)]
    }
}
