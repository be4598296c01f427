// Good replies that are kept in case that a later one fails (`staleIfError`). What was looked at least recently leaves when
// something new needs its room.

internal import Pipeline
internal import Synchronization

/// What is told of all loops' memories together. From any thread.
package final class StaleCounts: Sendable {
    fileprivate let bytesKept = Atomic<Int>(0)
    fileprivate let partsReplaced = Atomic<Int>(0)

    package init() {}

    /// Memory of the replies that are kept.
    package var bytes: Int { bytesKept.load(ordering: .relaxed) }
    /// Parts that were answered with an earlier reply.
    package var replaced: Int { partsReplaced.load(ordering: .relaxed) }
}

/// The last good replies on one loop, bounded in bytes. On its thread only.
///
/// Replies are kept as they came, and nobody gets one that was not checked anew: against the contract, tenant and workspace of
/// the request that it is for. So what a configuration has changed meanwhile holds for them, too.
package final class StaleReplies {
    /// One upstream as it is configured now: what was kept under other settings is out of its reach.
    package struct Upstream: Sendable {
        let all: Confined<StaleReplies>
        /// The same on all loops, which hear of upstreams in the same order.
        let number: Int
    }

    /// Whose reply to what: of one tenant, and of credentials that may see the same, since nothing else makes sure that an
    /// upstream says the same to all of them.
    package struct Key: Hashable, Sendable {
        let upstream: Int
        let tenant: String
        let workspace: String?
        let scopes: Set<String>
        /// On the upstream.
        let path: String
    }

    /// Memory for one loop's replies, what they are found by included.
    package static let most = 32 * 1024 * 1024
    /// What an entry takes besides its texts and its body, in the table and in the key.
    private static let overhead = 256

    private struct Entry {
        var key: Key
        var body: ReplyBody
        var came: ContinuousClock.Instant
        var bytes: Int
    }

    private let most: Int
    private let counts: StaleCounts
    private let tellOthers: @Sendable (Key) -> Void
    private var upstreams = 0
    private var bytes = 0
    private var places: [Key: Int] = [:]
    private var entries: [Entry?] = []
    private var order = PlaceOrder()
    private var free: [Int] = []

    /// - Parameters:
    ///   - most: bytes.
    ///   - tellOthers: has all other loops forget what they keep for a key.
    package init(
        most: Int = StaleReplies.most, counts: StaleCounts, tellOthers: @escaping @Sendable (Key) -> Void = { _ in }
    ) {
        self.most = most
        self.counts = counts
        self.tellOthers = tellOthers
    }

    deinit { counts.bytesKept.wrappingSubtract(bytes, ordering: .relaxed) }

    var count: Int { places.count }

    /// An upstream of which nothing is kept yet.
    package func upstream() -> Upstream {
        upstreams += 1
        return Upstream(all: Confined(self), number: upstreams)
    }

    /// Keeps a reply, in the place of what was kept for `key`.
    func keep(_ body: ReplyBody, for key: Key, at now: ContinuousClock.Instant) {
        forget(key)
        let texts = key.tenant.utf8.count + key.path.utf8.count + (key.workspace?.utf8.count ?? 0)
        let size = body.allocated + texts + Principal.allocated(key.scopes) + Self.overhead
        // One that would turn out most others is not worth them.
        guard size <= most / 4 else { return }
        while bytes + size > most, let oldest = order.oldest { remove(oldest) }
        let place = free.popLast() ?? entries.count
        if place == entries.count { entries.append(nil) }
        entries[place] = Entry(key: key, body: body, came: now, bytes: size)
        places[key] = place
        order.append(place)
        count(size)
    }

    /// What was kept for `key`, if it came at most so long ago.
    func find(
        _ key: Key, notOlderThan limit: Duration, at now: ContinuousClock.Instant
    ) -> (body: ReplyBody, age: Duration)? {
        guard let place = places[key], let entry = entries[place] else { return nil }
        let age = entry.came.duration(to: now)
        guard age <= limit else { return nil }
        order.renew(place)
        return (entry.body, age)
    }

    package func forget(_ key: Key) {
        if let place = places[key] { remove(place) }
    }

    /// The upstream has said that what was kept is true no more, or not for this caller. Credentials of one tenant are spread
    /// over the loops, so any of them may have kept it.
    func disown(_ key: Key) {
        forget(key)
        // Mostly nobody keeps anything else.
        if counts.bytes > bytes { tellOthers(key) }
    }

    func countReplaced() { counts.partsReplaced.wrappingAdd(1, ordering: .relaxed) }

    private func count(_ more: Int) {
        bytes += more
        counts.bytesKept.wrappingAdd(more, ordering: .relaxed)
    }

    private func remove(_ place: Int) {
        guard let entry = entries[place] else { return }
        order.remove(place)
        places[entry.key] = nil
        entries[place] = nil
        free.append(place)
        count(-entry.bytes)
    }
}
