// How often something was tried since the start, for operators.

internal import Synchronization
internal import Telemetry

/// Two counters. From any thread.
final class Outcomes: Sendable {
    private let good = Atomic<Int>(0)
    private let bad = Atomic<Int>(0)

    var successes: Int { good.load(ordering: .relaxed) }
    var failures: Int { bad.load(ordering: .relaxed) }

    func succeeded() { good.wrappingAdd(1, ordering: .relaxed) }
    func failed() { bad.wrappingAdd(1, ordering: .relaxed) }
}

extension MetricFamily {
    /// A counter of both.
    init(_ name: StaticString, _ help: StaticString, _ outcomes: Outcomes) {
        self.init(
            name, .counter, help,
            [
                Sample(outcomes.successes, ("result", "success")), Sample(outcomes.failures, ("result", "failure")),
            ])
    }
}
