// What became of spans, for operators.

internal import Synchronization

/// Counters since the start. From any thread.
package final class TraceCounts: Sendable {
    /// Why spans were not exported that should have been; its raw value is the metric's label.
    package enum Loss: String, Sendable, CaseIterable {
        /// Too many requests at once were kept for a reason of their own (`TraceKeeping.rate`).
        case tooMany = "rate"
        /// What waits for the collector had reached its bound.
        case full
        /// The collector could not be reached, or was busy, for too long.
        case tooOld = "expired"
        /// The collector said that it does not want them.
        case refused
        /// The gateway left, or was told of no collector any more.
        case left = "shutdown"
    }

    private let sent = Atomic<Int>(0)
    private let tooMany = Atomic<Int>(0)
    private let full = Atomic<Int>(0)
    private let tooOld = Atomic<Int>(0)
    private let refused = Atomic<Int>(0)
    private let left = Atomic<Int>(0)
    private let good = Atomic<Int>(0)
    private let bad = Atomic<Int>(0)

    package init() {}

    /// Spans that the collector took.
    package var exported: Int { sent.load(ordering: .relaxed) }
    /// Requests to the collector that it answered well, and others.
    package var exports: (succeeded: Int, failed: Int) { (good.load(ordering: .relaxed), bad.load(ordering: .relaxed)) }

    package func dropped(_ loss: Loss) -> Int {
        switch loss {
        case .tooMany: tooMany.load(ordering: .relaxed)
        case .full: full.load(ordering: .relaxed)
        case .tooOld: tooOld.load(ordering: .relaxed)
        case .refused: refused.load(ordering: .relaxed)
        case .left: left.load(ordering: .relaxed)
        }
    }

    package func drop(_ spans: Int, _ loss: Loss) {
        switch loss {
        case .tooMany: tooMany.wrappingAdd(spans, ordering: .relaxed)
        case .full: full.wrappingAdd(spans, ordering: .relaxed)
        case .tooOld: tooOld.wrappingAdd(spans, ordering: .relaxed)
        case .refused: refused.wrappingAdd(spans, ordering: .relaxed)
        case .left: left.wrappingAdd(spans, ordering: .relaxed)
        }
    }

    func succeeded(_ spans: Int) {
        sent.wrappingAdd(spans, ordering: .relaxed)
        good.wrappingAdd(1, ordering: .relaxed)
    }

    func failed() { bad.wrappingAdd(1, ordering: .relaxed) }
}
