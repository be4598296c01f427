// How often something happened, counted by all loops together.

internal import Synchronization

/// From any thread.
package final class SharedCount: Sendable {
    private let count = Atomic<Int>(0)

    package init() {}

    package var value: Int { count.load(ordering: .relaxed) }

    package func add() { count.wrappingAdd(1, ordering: .relaxed) }
}
