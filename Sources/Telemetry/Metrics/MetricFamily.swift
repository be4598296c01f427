// What a scrape tells: figures of one name, read when somebody asks for them.

/// Samples of one name, told apart by their labels. Label values come from enums and the configuration alone, so that no
/// client can make more of them.
package struct MetricFamily: Sendable {
    package enum Kind: String, Sendable {
        /// Only grows; its name ends in `_total`.
        case counter
        case gauge
        /// How often what was measured was how large; its name ends in its unit.
        case histogram
    }

    /// Names are of `a-z _`; values any text.
    package typealias Label = (name: String, value: String)

    package struct Sample: Sendable {
        package let labels: [Label]
        package let value: Double

        package init(labels: [Label], value: Double) { (self.labels, self.value) = (labels, value) }
    }

    package struct Histogram: Sendable {
        package let labels: [Label]
        /// The buckets' upper bounds, in rising order; one more bucket has none.
        package let bounds: [Double]
        /// What fell into each bucket and no other.
        package let counts: [Int]
        package let sum: Double

        package init(labels: [Label], bounds: [Double], counts: [Int], sum: Double) {
            (self.labels, self.bounds, self.counts, self.sum) = (labels, bounds, counts, sum)
        }
    }

    package let name: StaticString
    package let kind: Kind
    /// One sentence.
    package let help: StaticString
    package let samples: [Sample]
    package let histograms: [Histogram]

    package var isEmpty: Bool { samples.isEmpty && histograms.isEmpty }

    /// A family whose samples differ in labels.
    package init(
        _ name: StaticString, _ kind: Kind, _ help: StaticString, _ samples: [Sample], histograms: [Histogram] = []
    ) {
        self.name = name
        self.kind = kind
        self.help = help
        self.samples = samples
        self.histograms = histograms
    }

    /// A family of one sample without labels.
    package init(_ name: StaticString, _ kind: Kind, _ help: StaticString, _ value: Double) {
        self.init(name, kind, help, [Sample(value)])
    }
}

extension MetricFamily.Sample {
    package init(_ value: Double, _ labels: MetricFamily.Label...) {
        self.init(labels: labels, value: value)
    }

    package init(_ value: Int, _ labels: MetricFamily.Label...) {
        self.init(labels: labels, value: Double(value))
    }
}
