// Numbers as the table shows them.

import Foundation

extension [Sample] {
    /// The time within which this share of the requests was answered; nil: there are none.
    func percentile(_ share: Double) -> Duration? {
        let sorted = map(\.time).sorted()
        return sorted.isEmpty ? nil : sorted[Swift.min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }

    /// Median and 99th percentile, in milliseconds.
    var times: String {
        guard let middle = percentile(0.5), let high = percentile(0.99) else { return "-" }
        return "\((middle.seconds * 1000).text(0))/\((high.seconds * 1000).text(0)) ms"
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
    var text: String { "\((seconds * 1000).text(0)) ms" }
}

extension Double {
    func text(_ digits: Int) -> String { String(format: "%.\(digits)f", self) }
}

extension String {
    func padded(to width: Int) -> String { padding(toLength: Swift.max(width, count), withPad: " ", startingAt: 0) }
}
