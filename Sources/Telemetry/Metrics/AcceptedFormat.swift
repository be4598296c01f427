// Which of the two formats a scraper wants, by its `Accept` (RFC 9110, section 12.5.1).

extension PrometheusText.Format {
    /// OpenMetrics for whoever prefers it, and text for all others, so that a person with a browser can read it.
    package init(accept: String?) {
        let ranges = (accept ?? "").split(separator: ",").compactMap(MediaRange.init)
        let text = MediaRange.quality(of: ("text", "plain", "0.0.4"), among: ranges)
        let open = MediaRange.quality(of: ("application", "openmetrics-text", "1.0.0"), among: ranges)
        self = open > text ? .openMetrics : .text
    }
}

/// One of the kinds of answer that `Accept` lists.
private struct MediaRange {
    let type: Substring
    let subtype: Substring
    let version: Substring?
    /// From 0, not acceptable, to 1.
    let quality: Double

    /// Nil: malformed, and so not acceptable.
    init?(_ text: Substring) {
        let pieces = text.split(separator: ";", omittingEmptySubsequences: false).map(Self.trimmed)
        let names = pieces[0].split(separator: "/", omittingEmptySubsequences: false)
        guard names.count == 2, !names[0].isEmpty, !names[1].isEmpty else { return nil }
        var version: Substring?, quality = 1.0
        for parameter in pieces.dropFirst() {
            let sides = parameter.split(separator: "=", maxSplits: 1)
            guard sides.count == 2 else { continue }
            switch sides[0].lowercased() {
            case "version": version = sides[1]
            case "q":
                guard let value = Double(sides[1]), (0...1).contains(value) else { return nil }
                quality = value
            default: break
            }
        }
        (type, subtype, self.version, self.quality) = (names[0], names[1], version, quality)
    }

    /// The most exact range decides; what none matches has 0.
    static func quality(of kind: (type: String, subtype: String, version: String), among ranges: [MediaRange]) -> Double
    {
        var best = (exactness: 0, quality: 0.0)
        for range in ranges {
            let exactness = range.exactness(kind)
            if exactness > best.exactness
                || exactness == best.exactness && exactness > 0 && range.quality > best.quality
            {
                best = (exactness, range.quality)
            }
        }
        return best.quality
    }

    /// 0: it does not match.
    private func exactness(_ kind: (type: String, subtype: String, version: String)) -> Int {
        if let version, version != kind.version { return 0 }
        if type == "*", subtype == "*" { return 1 }
        guard type.lowercased() == kind.type else { return 0 }
        if subtype == "*" { return 2 }
        guard subtype.lowercased() == kind.subtype else { return 0 }
        return version == nil ? 3 : 4
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let start = text.drop { $0 == " " || $0 == "\t" }
        return start.dropLast(start.reversed().prefix { $0 == " " || $0 == "\t" }.count)
    }
}
