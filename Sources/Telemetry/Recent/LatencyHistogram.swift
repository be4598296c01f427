// How long things took, in few numbers: buckets that grow with what they hold, so that a percentile of microseconds is as good
// as one of seconds.

/// Counts of durations. A percentile is off by a sixteenth at most.
package struct LatencyHistogram: Sendable, Equatable {
    /// Buckets of each doubling.
    private static let each = 8
    /// Up to 2^31 microseconds, which are 36 minutes; what is longer is counted there.
    private static let count = 29 * each

    /// Empty until the first duration: most are never needed.
    private var buckets: [UInt32] = []
    package private(set) var total = 0

    package init() {}

    package mutating func add(microseconds: Int64) {
        if buckets.isEmpty { buckets = Array(repeating: 0, count: Self.count) }
        buckets[Self.bucket(of: microseconds)] &+= 1
        total += 1
    }

    package mutating func add(_ other: LatencyHistogram) {
        guard !other.buckets.isEmpty else { return }
        if buckets.isEmpty { buckets = Array(repeating: 0, count: Self.count) }
        for index in buckets.indices { buckets[index] &+= other.buckets[index] }
        total += other.total
    }

    package mutating func clear() {
        guard total > 0 else { return }
        for index in buckets.indices { buckets[index] = 0 }
        total = 0
    }

    /// Microseconds that the `share` (0 to 1) of the durations did not exceed: the middle of their bucket. Nil: there are none.
    package func percentile(_ share: Double) -> Double? {
        guard total > 0 else { return nil }
        let wanted = max(1, Int((share * Double(total)).rounded(.up)))
        var seen = 0
        for (index, count) in buckets.enumerated() where count > 0 {
            seen += Int(count)
            if seen >= wanted { return (Self.start(of: index) + Self.start(of: index + 1)) / 2 }
        }
        return nil
    }

    /// Up to 16 microseconds a bucket holds one of them; from there each doubling has eight.
    private static func bucket(of microseconds: Int64) -> Int {
        let value = UInt64(max(0, microseconds))
        guard value >= 16 else { return Int(value) }
        let exponent = 63 - value.leadingZeroBitCount
        let index = (exponent - 2) * each + Int(truncatingIfNeeded: value >> UInt64(exponent - 3)) - each
        return min(index, count - 1)
    }

    private static func start(of bucket: Int) -> Double {
        guard bucket >= 16 else { return Double(bucket) }
        let exponent = bucket / each + 2
        return Double(each + bucket % each) * Double(UInt64(1) << UInt64(exponent - 3))
    }
}
