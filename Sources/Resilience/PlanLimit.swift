// How many plans one fan-out loop works on at once.
//
// More than a few at once buy nothing when upstreams are fast: the same work is done with more connections and colder
// caches. When upstreams are slow, any fixed number throttles. What tells the two apart is the loop itself: one that sleeps
// while plans wait could do more, one that never sleeps could not.
//
// Plans of a tenant whose upstreams are slow hold their turns for long. So a tenant with less than a quarter of them begins all the
// same, up to a quarter more in all.

internal import Pipeline

/// The limit of a loop's plans in flight, judged by how much of its time the loop sleeps. Waiting plans begin in turns by
/// tenant, those of one in the order they came.
package struct PlanLimit: Sendable {
    /// As many may always be in flight: fewer, and a loop runs dry between two passes.
    package static let least = 16
    /// How long is watched before the limit changes. Long enough to hold some plans of a fast upstream, short enough for
    /// a loop with slow ones to open up within a few of their round trips.
    package static let window = Duration.milliseconds(10)
    /// A loop that sleeps for a larger share of the time waits for its upstreams, not for its processor. With a half here,
    /// plans waited for upstreams of 5 ms on a loop that could have done a sixth more.
    private static let idle = 0.25
    /// A loop that sleeps for a smaller share is as busy as it can be.
    private static let busy = 0.1

    package private(set) var limit = Self.least
    package private(set) var inFlight = 0
    /// Plans in flight by tenant's lane.
    private var byLane = [Int32](repeating: 0, count: Lanes.count)
    private var share: Int { max(1, limit / 4) }

    package init() {}

    /// Whether another plan may begin, of a tenant's lane. If so, it is counted.
    package mutating func admits(_ lane: Int = 0) -> Bool {
        guard inFlight < limit || inFlight < limit + share && byLane[lane] < share else { return false }
        inFlight += 1
        byLane[lane] += 1
        return true
    }

    package mutating func ended(_ lane: Int = 0) {
        inFlight -= 1
        byLane[lane] -= 1
    }

    /// A window is over, of which the loop slept for `asleep` (a share from 0 to 1) while `waiting` plans waited.
    package mutating func watched(asleep: Double, waiting: Int) {
        if asleep > Self.idle, waiting > 0 {
            // In proportion to what is missing, and at least by half: a few windows lead from the least to thousands.
            limit += max(limit / 2, 1)
        } else if asleep < Self.busy || waiting == 0 {
            limit = max(Self.least, limit - limit / 10)
        }
    }
}
