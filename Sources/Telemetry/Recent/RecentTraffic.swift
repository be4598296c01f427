// What happened lately, in slots of five seconds: for a page that shows the last minutes without anybody having watched.

package import Pipeline

/// Counts of things that ended: of requests, of a part's fetching, of an upstream's attempts.
package struct TrafficCounts: Sendable, Equatable {
    package var count = 0
    package var clientErrors = 0
    package var serverErrors = 0
    /// Attempts behind the first of their call.
    package var repetitions = 0
    package var failures: [Failure.Kind: Int] = [:]
    package var times = LatencyHistogram()

    package init() {}

    package mutating func add(_ other: TrafficCounts) {
        count += other.count
        clientErrors += other.clientErrors
        serverErrors += other.serverErrors
        repetitions += other.repetitions
        failures.merge(other.failures, uniquingKeysWith: +)
        times.add(other.times)
    }

    mutating func clear() {
        guard count > 0 else { return }
        (count, clientErrors, serverErrors, repetitions) = (0, 0, 0, 0)
        failures.removeAll(keepingCapacity: true)
        times.clear()
    }
}

/// The last slots of one series. Belongs to one loop; its memory is bounded by its slots.
package struct RecentTraffic: Sendable {
    /// How long a slot lasts.
    package static let slot = Duration.seconds(5)

    /// Slot `n` is kept at `n % slots.count`.
    private var slots: [TrafficCounts]
    private var latest: Int64 = 0

    /// - Parameter slots: how many are kept, the one that is being filled included.
    package init(slots: Int) {
        self.slots = Array(repeating: TrafficCounts(), count: slots)
    }

    /// The number of the slot of a time since some start that all loops have in common.
    package static func number(of time: Duration) -> Int64 { time.microseconds / slot.microseconds }

    /// Something ended in slot `number`, which never is before those of earlier calls.
    package mutating func add(_ number: Int64, _ body: (inout TrafficCounts) -> Void) {
        if number != latest { advance(to: number) }
        body(&slots[Int(latest % Int64(slots.count))])
    }

    /// The counts of the `count` slots up to `number`, the oldest first. The last may not be over yet.
    package func last(_ count: Int, upTo number: Int64) -> [TrafficCounts] {
        ((number - Int64(count) + 1)...number).map { wanted in
            guard wanted >= 0, wanted <= latest, wanted > latest - Int64(slots.count) else { return TrafficCounts() }
            return slots[Int(wanted % Int64(slots.count))]
        }
    }

    /// Those slots together.
    package func sum(_ count: Int, upTo number: Int64) -> TrafficCounts {
        last(count, upTo: number).reduce(into: TrafficCounts()) { $0.add($1) }
    }

    private mutating func advance(to number: Int64) {
        guard number > latest else { return }
        let first = max(latest + 1, number - Int64(slots.count) + 1)
        for passed in first...number { slots[Int(passed % Int64(slots.count))].clear() }
        latest = number
    }
}
