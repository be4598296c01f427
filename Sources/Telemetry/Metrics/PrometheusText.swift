// Prometheus' text format 0.0.4 and OpenMetrics 1.0, as the operator's address answers a scrape.

/// Writes families one after the other, each with its help and type before its samples.
package enum PrometheusText {
    package enum Format: Sendable {
        case text
        /// https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md
        case openMetrics

        package var contentType: String {
            switch self {
            case .text: "text/plain; version=0.0.4; charset=utf-8"
            case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
            }
        }
    }

    package static func bytes(_ families: [MetricFamily], as format: Format = .text) -> [UInt8] {
        var text = ""
        for family in families where !family.isEmpty {
            let name = self.name(of: family, as: format)
            text += "# HELP \(name) \(escaped(help: "\(family.help)", as: format))\n"
            text += "# TYPE \(name) \(family.kind.rawValue)\n"
            for sample in family.samples {
                text += "\(family.name)\(labels(sample.labels)) \(number(sample.value))\n"
            }
            for histogram in family.histograms { write(histogram, "\(family.name)", as: format, to: &text) }
        }
        if format == .openMetrics { text += "# EOF\n" }
        return Array(text.utf8)
    }

    /// OpenMetrics gives a counter's family the name without `_total`, which its sample has (section 5.2).
    private static func name(of family: MetricFamily, as format: Format) -> String {
        let name = "\(family.name)"
        guard format == .openMetrics, family.kind == .counter, name.hasSuffix("_total") else { return name }
        return String(name.dropLast("_total".count))
    }

    /// Each bucket counts what is in those below it, too.
    private static func write(
        _ histogram: MetricFamily.Histogram, _ name: String, as format: Format, to text: inout String
    ) {
        var count = 0
        for (index, more) in histogram.counts.enumerated() {
            count += more
            let bound = index < histogram.bounds.count ? histogram.bounds[index] : .infinity
            // There numbers that tell series apart are written one way only, with a point (section 4.1.3).
            let le = format == .openMetrics && bound.isFinite ? String(bound) : number(bound)
            text += "\(name)_bucket\(labels(histogram.labels + [("le", le)])) \(count)\n"
        }
        text += "\(name)_sum\(labels(histogram.labels)) \(number(histogram.sum))\n"
        text += "\(name)_count\(labels(histogram.labels)) \(count)\n"
    }

    private static func labels(_ labels: [MetricFamily.Label]) -> String {
        guard !labels.isEmpty else { return "" }
        return "{" + labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }.joined(separator: ",") + "}"
    }

    private static func escaped(help: String, as format: Format) -> String {
        escaped(help, quotes: format == .openMetrics)
    }

    /// Of a label's value the formats escape these three; of a help OpenMetrics does, too, and the older one not the quotes.
    private static func escaped(_ value: String, quotes: Bool) -> String {
        var result = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\"" where quotes: result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Whole numbers without a point, as counts are read by people, too.
    private static func number(_ value: Double) -> String {
        if let whole = Int64(exactly: value) { return String(whole) }
        if value.isNaN { return "NaN" }
        return value.isInfinite ? (value > 0 ? "+Inf" : "-Inf") : String(value)
    }
}
