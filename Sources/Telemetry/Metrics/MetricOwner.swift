// The gateway's backend of swift-metrics: what counters and timers are made by.

package import CoreMetrics
internal import Pipeline

/// Makes counters and timers whose numbers are one owner's: a loop's, or all threads'.
///
/// Of what the registry has no description nothing is kept. Gauges and recorders are never kept: what they would tell is read
/// from where it stands when somebody scrapes.
package struct MetricOwner: MetricsFactory {
    /// The owner of what several threads count.
    static let all = -1

    private let registry: MetricRegistry
    private let owner: Int
    /// Of the timers that it makes, in nanoseconds.
    private let bounds: [Int64]

    /// - Parameter loop: whose counts they are; nil: everybody's.
    package init(_ registry: MetricRegistry, loop: Int?) {
        self.init(registry, loop ?? Self.all, Self.bounds(from: .microseconds(100), to: .seconds(10)))
    }

    private init(_ registry: MetricRegistry, _ owner: Int, _ bounds: [Int64]) {
        (self.registry, self.owner, self.bounds) = (registry, owner, bounds)
    }

    /// The same, but its timers tell apart what takes from `least` to `most`, which is what the longest may take.
    package func measuring(from least: Duration, to most: Duration) -> MetricOwner {
        MetricOwner(registry, owner, Self.bounds(from: least, to: most))
    }

    /// 1, 2.5, 5 and 10 times each power of ten between the two, and the upper one itself.
    static func bounds(from least: Duration, to most: Duration) -> [Int64] {
        let (first, last) = (least.nanoseconds, most.nanoseconds)
        var bounds: [Int64] = []
        var power: Int64 = 1000
        while power < last {
            bounds += [power, power * 5 / 2, power * 5].filter { $0 >= first && $0 < last }
            power *= 10
        }
        return bounds + [last]
    }

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        registry.count(label, dimensions, owner: owner) ?? NOOPMetricsHandler.instance
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        registry.time(label, dimensions, bounds, owner: owner) ?? NOOPMetricsHandler.instance
    }

    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        NOOPMetricsHandler.instance
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        NOOPMetricsHandler.instance
    }

    // What was counted stays: Prometheus wants counters that only grow.
    package func destroyCounter(_: any CounterHandler) {}
    package func destroyMeter(_: any MeterHandler) {}
    package func destroyRecorder(_: any RecorderHandler) {}
    package func destroyTimer(_: any TimerHandler) {}
}
