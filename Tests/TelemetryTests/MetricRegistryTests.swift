// What is counted through swift-metrics, by loops of their own, and told together.

import CoreMetrics
import Testing

@testable import Telemetry

@Suite struct MetricRegistryTests {
    private let registry = MetricRegistry([
        MetricDescription("things_total", .counter, "Things."),
        MetricDescription("waits_seconds", .histogram, "Waits."),
    ])

    private func samples(_ name: String) -> [String: Double] {
        registry.families.filter { "\($0.name)" == name }.flatMap(\.samples).reduce(into: [:]) {
            $0[$1.labels.map { "\($0.name)=\($0.value)" }.joined(separator: ",")] = $1.value
        }
    }

    private var waits: MetricFamily.Histogram? { registry.families[1].histograms.first }

    @Test func `what several loops count is one sum`() {
        for owner in [0, 1, nil] {
            let counter = Counter(
                label: "things_total", dimensions: [("kind", "a")], factory: MetricOwner(registry, loop: owner))
            counter.increment(by: 2)
        }

        #expect(samples("things_total") == ["kind=a": 6])
    }

    @Test func `labels tell series apart, and the same ones go on counting after they were made anew`() {
        let owner = MetricOwner(registry, loop: 0)

        for kind in ["a", "b", "a"] {
            Counter(label: "things_total", dimensions: [("kind", kind)], factory: owner).increment()
        }

        #expect(samples("things_total") == ["kind=a": 2, "kind=b": 1])
    }

    @Test func `a time falls into the bucket whose bound it does not exceed`() throws {
        let owner = MetricOwner(registry, loop: 0).measuring(from: .milliseconds(1), to: .milliseconds(20))
        let timer = Timer(label: "waits_seconds", dimensions: [], factory: owner)

        for time: Int64 in [-1, 0, 1_000_000, 1_000_001, 20_000_000, 20_000_001, .max / 4] {
            timer.recordNanoseconds(time)
        }

        let waits = try #require(waits)
        #expect(waits.bounds == [0.001, 0.0025, 0.005, 0.01, 0.02])
        #expect(waits.counts == [3, 1, 0, 0, 1, 2])
        #expect(waits.sum > 2_305_843_009)
    }

    @Test func `times of several loops are one histogram`() {
        for loop in 0..<3 {
            Timer(label: "waits_seconds", dimensions: [], factory: MetricOwner(registry, loop: loop))
                .recordNanoseconds(1_000_000_000)
        }

        #expect(waits?.counts.reduce(0, +) == 3)
        #expect(waits?.sum == 3)
    }

    @Test func `other bounds begin anew, since buckets cannot be divided`() {
        let owner = MetricOwner(registry, loop: 0)
        for most in [1, 2] {
            Timer(
                label: "waits_seconds", dimensions: [],
                factory: owner.measuring(from: .milliseconds(100), to: .seconds(most))
            ).recordNanoseconds(1)
        }

        #expect(waits?.bounds == [0.1, 0.25, 0.5, 1, 2])
        #expect(waits?.counts == [1, 0, 0, 0, 0, 0])
    }

    @Test func `what has no description is not kept, and neither are gauges`() {
        let owner = MetricOwner(registry, loop: 0)

        Counter(label: "strangers_total", dimensions: [], factory: owner).increment()
        Timer(label: "things_total", dimensions: [], factory: owner).recordNanoseconds(1)
        Gauge(label: "things_total", dimensions: [], factory: owner).record(1)
        Meter(label: "things_total", dimensions: [], factory: owner).set(1)

        #expect(registry.families.allSatisfy { $0.isEmpty })
    }

    @Test func `nothing is lost when threads count together`() async {
        let counter = Counter(label: "things_total", dimensions: [], factory: MetricOwner(registry, loop: nil))

        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { for _ in 0..<10_000 { counter.increment() } } }
        }

        #expect(samples("things_total") == ["": 40_000])
    }

    @Test(arguments: [
        (Duration.milliseconds(1), Duration.milliseconds(3), [1_000_000, 2_500_000, 3_000_000] as [Int64]),
        (.microseconds(100), .milliseconds(1), [100_000, 250_000, 500_000, 1_000_000]),
        (.milliseconds(10), .milliseconds(5), [5_000_000]),
    ])
    func `buckets end where the longest time does`(least: Duration, most: Duration, bounds: [Int64]) {
        #expect(MetricOwner.bounds(from: least, to: most) == bounds)
    }
}
