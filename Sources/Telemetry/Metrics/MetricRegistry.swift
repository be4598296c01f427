// All that is counted and measured on the way of requests, by name and labels, and summed up when somebody scrapes.

internal import Synchronization

/// What a figure is called and means.
package struct MetricDescription: Sendable {
    package let name: StaticString
    /// `counter` or `histogram`.
    package let kind: MetricFamily.Kind
    /// One sentence.
    package let help: StaticString

    package init(_ name: StaticString, _ kind: MetricFamily.Kind, _ help: StaticString) {
        (self.name, self.kind, self.help) = (name, kind, help)
    }
}

/// One for a gateway. From any thread; it locks when something is made and at a scrape, never when something is counted.
package final class MetricRegistry: Sendable {
    /// One name with one set of labels.
    fileprivate struct Series {
        let labels: [MetricFamily.Label]
        var counts: [Int: CountCell] = [:]
        var times: [Int: TimeCell] = [:]
    }

    private struct State {
        /// By name, then by the labels as text.
        var series: [String: [String: Series]] = [:]
    }

    private let descriptions: [MetricDescription]
    private let state = Mutex(State())

    /// - Parameter descriptions: all that may be counted, in the order in which it is told.
    package init(_ descriptions: [MetricDescription]) {
        self.descriptions = descriptions
    }

    /// What `owner` counts there. The same for the same question, so that a reload goes on counting.
    /// Nil: no such counter is described.
    func count(_ name: String, _ labels: [(String, String)], owner: Int) -> CountCell? {
        cell(name, .counter, labels) { series in
            if let known = series.counts[owner] { return known }
            let new = CountCell(isShared: owner == MetricOwner.all)
            series.counts[owner] = new
            return new
        }
    }

    /// What `owner` measures there. With other bounds it begins anew.
    /// Nil: no such histogram is described.
    func time(_ name: String, _ labels: [(String, String)], _ bounds: [Int64], owner: Int) -> TimeCell? {
        cell(name, .histogram, labels) { series in
            if series.times.values.contains(where: { $0.bounds != bounds }) { series.times = [:] }
            if let known = series.times[owner] { return known }
            let new = TimeCell(bounds, isShared: owner == MetricOwner.all)
            series.times[owner] = new
            return new
        }
    }

    private func cell<Cell>(
        _ name: String, _ kind: MetricFamily.Kind, _ labels: [(String, String)], _ body: (inout Series) -> Cell
    ) -> Cell? {
        guard descriptions.contains(where: { "\($0.name)" == name && $0.kind == kind }) else { return nil }
        let key = labels.map { "\($0.0)\u{1}\($0.1)" }.joined(separator: "\u{2}")
        return state.withLock { state in
            body(&state.series[name, default: [:]][key, default: Series(labels: labels.map { ($0.0, $0.1) })])
        }
    }

    /// Everything so far, all loops together.
    package var families: [MetricFamily] {
        let all = state.withLock(\.series)
        return descriptions.map { description in
            let series = (all["\(description.name)"] ?? [:]).sorted { $0.key < $1.key }.map(\.value)
            return MetricFamily(
                description.name, description.kind, description.help,
                series.compactMap(\.sample), histograms: series.compactMap(\.histogram))
        }
    }
}

extension MetricRegistry.Series {
    fileprivate var sample: MetricFamily.Sample? {
        guard !counts.isEmpty else { return nil }
        return MetricFamily.Sample(labels: labels, value: Double(counts.values.reduce(0) { $0 + $1.value }))
    }

    fileprivate var histogram: MetricFamily.Histogram? {
        guard let bounds = times.values.first?.bounds else { return nil }
        var counts = [Int](repeating: 0, count: bounds.count + 1)
        for cell in times.values { for (index, count) in cell.counts.enumerated() { counts[index] += count } }
        let nanoseconds = times.values.reduce(0) { $0 + $1.nanoseconds }
        return MetricFamily.Histogram(
            labels: labels, bounds: bounds.map { Double($0) / 1e9 }, counts: counts, sum: Double(nanoseconds) / 1e9)
    }
}
