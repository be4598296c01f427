// What is counted and measured on the way of a request: a few relaxed operations on memory that is there already.
//
// A cell of a loop is written by that loop alone, so it adds without a locked instruction; whoever scrapes may read a value
// that is one event old. What several threads write is added to atomically.

internal import CoreMetrics
internal import Synchronization

/// A count.
final class CountCell: CounterHandler {
    private let count = Atomic<Int>(0)
    private let isShared: Bool

    init(isShared: Bool) { self.isShared = isShared }

    var value: Int { count.load(ordering: .relaxed) }

    func increment(by amount: Int64) {
        if isShared {
            count.wrappingAdd(Int(amount), ordering: .relaxed)
        } else {
            count.store(count.load(ordering: .relaxed) &+ Int(amount), ordering: .relaxed)
        }
    }

    func reset() { count.store(0, ordering: .relaxed) }
}

/// How often how much time was measured.
///
/// `@unchecked`: the memory is owned by the instance, laid out before anybody else has it, and holds atomics only.
final class TimeCell: TimerHandler, @unchecked Sendable {
    /// Upper bounds in nanoseconds.
    let bounds: [Int64]
    /// One for each bound, one for what is above all, and the sum in nanoseconds.
    private let numbers: UnsafeMutablePointer<Atomic<Int>>
    private let isShared: Bool

    init(_ bounds: [Int64], isShared: Bool) {
        self.bounds = bounds
        self.isShared = isShared
        numbers = .allocate(capacity: bounds.count + 2)
        for index in 0..<bounds.count + 2 { (numbers + index).initialize(to: Atomic(0)) }
    }

    deinit {
        numbers.deinitialize(count: bounds.count + 2)
        numbers.deallocate()
    }

    var counts: [Int] { (0...bounds.count).map { numbers[$0].load(ordering: .relaxed) } }

    var nanoseconds: Int { numbers[bounds.count + 1].load(ordering: .relaxed) }

    func recordNanoseconds(_ duration: Int64) {
        var bucket = 0
        while bucket < bounds.count, duration > bounds[bucket] { bucket += 1 }
        add(1, at: bucket)
        add(Int(max(0, duration)), at: bounds.count + 1)
    }

    private func add(_ more: Int, at index: Int) {
        if isShared {
            numbers[index].wrappingAdd(more, ordering: .relaxed)
        } else {
            numbers[index].store(numbers[index].load(ordering: .relaxed) &+ more, ordering: .relaxed)
        }
    }

    /// Always seconds, as Prometheus wants it.
    func preferDisplayUnit(_: TimeUnit) {}
}
