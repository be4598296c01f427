// How many wait on one loop, as it tells itself: for a scrape, which asks no loop anything and so hangs with none.

internal import Synchronization

/// Told by the loop, on its thread; read by anybody.
package final class LineLength: Sendable {
    private let length = Atomic<Int>(0)

    package var value: Int { length.load(ordering: .relaxed) }

    // One thread writes, so neither has to be one step.
    func grew() { length.store(value + 1, ordering: .relaxed) }

    func shrank() { length.store(value - 1, ordering: .relaxed) }
}
