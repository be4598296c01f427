// How many connections are open over all loops, against the limit.

internal import Synchronization

final class Admission: Sendable {
    private let limit: Atomic<Int>
    private let counted = Atomic<Int>(0)

    init(limit: Int) {
        self.limit = Atomic(limit)
    }

    /// Keeps to this limit from now on. Who is there already stays.
    func keep(to limit: Int) { self.limit.store(limit, ordering: .relaxed) }

    var open: Int { counted.load(ordering: .relaxed) }

    /// Counts one more connection. Returns whether the limit is kept; if not, another must go or this one be given back.
    func take() -> Bool {
        counted.add(1, ordering: .relaxed).newValue <= limit.load(ordering: .relaxed)
    }

    func giveBack() {
        counted.subtract(1, ordering: .relaxed)
    }
}
