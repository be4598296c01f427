// A number that one loop alone changes: for a scrape, which asks no loop anything and so hangs with none.

internal import Synchronization

/// Changed by its loop, on that thread; read by anybody.
package struct LoopCount: ~Copyable, Sendable {
    private let count = Atomic<Int>(0)

    package var value: Int { count.load(ordering: .relaxed) }

    /// One thread alone writes, so this need not be one step, which would cost twenty times as much.
    func add(_ number: Int) { count.store(value + number, ordering: .relaxed) }
}
