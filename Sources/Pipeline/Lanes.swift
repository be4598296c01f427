// What each tenant has in use, without a table of tenants: stochastic fairness, as of the queues of that name (McKenney 1990).

internal import Synchronization

/// Each tenant has one of 1024 lanes by a hash of its name, the same in each process. Two that share one share what is counted
/// by lane, which happens to one pair in a thousand, and costs them no more than fairness between the two.
package enum Lanes {
    /// A power of two.
    package static let count = 1024

    /// The lane of `tenant`: FNV-1a, mixed, so that names that differ in one byte are far apart.
    package static func lane(of tenant: String) -> Int {
        var sum = FNV1a()
        tenant.withBytes { sum.add($0) }
        let hash = sum.value ^ sum.value >> 32
        return Int(truncatingIfNeeded: (hash &* 0x9e37_79b9_7f4a_7c15) >> 54)
    }
}

/// A counter for each lane. From any thread.
///
/// `@unchecked`: the memory is owned by the instance, laid out before anybody else has it, and holds atomics only.
package final class LaneCounts: @unchecked Sendable {
    private let counts: UnsafeMutablePointer<Atomic<Int>>

    package init() {
        counts = .allocate(capacity: Lanes.count)
        for lane in 0..<Lanes.count { (counts + lane).initialize(to: Atomic(0)) }
    }

    deinit {
        counts.deinitialize(count: Lanes.count)
        counts.deallocate()
    }

    package subscript(lane: Int) -> Int { counts[lane].load(ordering: .relaxed) }

    /// Counts one more; returns how many there are now.
    @discardableResult
    package func add(_ lane: Int) -> Int { counts[lane].wrappingAdd(1, ordering: .relaxed).newValue }

    package func subtract(_ lane: Int) { counts[lane].wrappingSubtract(1, ordering: .relaxed) }
}
