// What a scrape tells: figures of one name, read when somebody asks for them.

/// Samples of one name, told apart by their labels. Label values come from enums and the configuration alone, so that no
/// client can make more of them.
package struct MetricFamily: Sendable {
    package enum Kind: String, Sendable {
        /// Only grows; its name ends in `_total`.
        case counter
        case gauge
    }

    package struct Sample: Sendable {
        /// Names are of `a-z _`; values any text.
        package let labels: [(name: StaticString, value: String)]
        package let value: Double
    }

    package let name: StaticString
    package let kind: Kind
    /// One sentence.
    package let help: StaticString
    package let samples: [Sample]

    /// A family whose samples differ in labels.
    package init(_ name: StaticString, _ kind: Kind, _ help: StaticString, _ samples: [Sample]) {
        self.name = name
        self.kind = kind
        self.help = help
        self.samples = samples
    }

    /// A family of one sample without labels.
    package init(_ name: StaticString, _ kind: Kind, _ help: StaticString, _ value: Double) {
        self.init(name, kind, help, [Sample(value)])
    }
}

extension MetricFamily.Sample {
    package init(_ value: Double, _ labels: (name: StaticString, value: String)...) {
        self.init(labels: labels, value: value)
    }

    package init(_ value: Int, _ labels: (name: StaticString, value: String)...) {
        self.init(labels: labels, value: Double(value))
    }
}
