// Amounts as an operator writes them: `100`, `250ms`, `32KiB`, `20%`.

extension Kind where Value == Int {
    static func whole(_ range: ClosedRange<Int>) -> Kind {
        Kind(
            expectation: "a whole number from \(range.lowerBound) to \(range.upperBound)",
            schema: [
                ("type", "integer"), ("minimum", .whole(range.lowerBound)), ("maximum", .whole(range.upperBound)),
            ]
        ) { (text) throws(Complaint) in
            guard let number = Int(digits: text), range.contains(number) else { throw .unexpected }
            return number
        } write: {
            .whole($0)
        }
    }

    /// A number of bytes.
    static func size(_ range: ClosedRange<Int>) -> Kind {
        let least = Self.written(range.lowerBound), most = Self.written(range.upperBound)
        return Kind(
            expectation: "a size from \(least) to \(most), written like 512B, 32KiB or 4MiB",
            schema: [("type", "string"), ("pattern", "^[0-9]+(B|KiB|MiB|GiB)$")]
        ) { (text) throws(Complaint) in
            let (number, unit) = text.numberAndUnit
            guard let number else { throw .unexpected }
            guard let factor = units.first(where: { $0.name == unit })?.factor else {
                let meant = ["": "B", "k": "KiB", "m": "MiB", "g": "GiB", "b": "B"][unit.initial]
                throw Complaint(suggestion: meant.map { "`\(number)\($0)`" })
            }
            let (bytes, overflow) = number.multipliedReportingOverflow(by: factor)
            guard !overflow, range.contains(bytes) else { throw .unexpected }
            return bytes
        } write: {
            .text(Self.written($0))
        }
    }

    private static var units: [(name: String, factor: Int)] {
        [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)]
    }

    private static func written(_ bytes: Int) -> String {
        let unit = units.first { bytes >= $0.factor && bytes.isMultiple(of: $0.factor) }
        return "\(bytes / (unit?.factor ?? 1))\(unit?.name ?? "B")"
    }
}

extension Kind where Value == Duration {
    static func duration(_ range: ClosedRange<Duration>) -> Kind {
        Kind(
            expectation: "a duration from \(range.lowerBound.written) to \(range.upperBound.written), "
                + "written like 250ms, 3s, 10m or 2h",
            schema: [("type", "string"), ("pattern", "^[0-9]+(ms|s|m|h)$")]
        ) { (text) throws(Complaint) in
            let (number, unit) = text.numberAndUnit
            guard let number else {
                let (tenths, unit) = text.replacing(".", with: "").numberAndUnit
                let isTenths = unit == "s" && text.dropLast().split(separator: ".").last?.count == 1
                throw Complaint(suggestion: isTenths ? tenths.map { "`\($0 * 100)ms`" } : nil)
            }
            guard let factor = Duration.units.first(where: { $0.name == unit })?.milliseconds else {
                let isMilli = unit.lowercased().contains(/^ *(ms|mil)/)
                let meant = isMilli ? "ms" : ["": "s", "s": "s", "m": "m", "h": "h"][unit.initial]
                throw Complaint(suggestion: meant.map { "`\(number)\($0)`" })
            }
            let (milliseconds, overflow) = number.multipliedReportingOverflow(by: factor)
            guard !overflow, range.contains(.milliseconds(milliseconds)) else { throw .unexpected }
            return .milliseconds(milliseconds)
        } write: {
            .text($0.written)
        }
    }
}

extension Kind where Value == Double {
    /// A percentage, read as a share from 0 to 1.
    static func share(_ range: ClosedRange<Int>) -> Kind {
        Kind(
            expectation: "a percentage from \(range.lowerBound)% to \(range.upperBound)%",
            schema: [("type", "string"), ("pattern", #"^[0-9]+(\.[0-9]+)?%$"#)]
        ) { (text) throws(Complaint) in
            let number = text.hasSuffix("%") ? String(text.dropLast()) : text
            guard number.utf8.allSatisfy({ Letters.isDigit($0) || $0 == UInt8(ascii: ".") }),
                number.utf8.first.map(Letters.isDigit) == true, let value = Double(number)
            else { throw .unexpected }
            guard text.hasSuffix("%") else {
                let percent = value > 0 && value < 1 ? value * 100 : value
                let isWhole = percent.rounded() == percent && percent <= 100
                throw Complaint(suggestion: isWhole ? "`\(Int(percent))%`" : nil)
            }
            guard value >= Double(range.lowerBound), value <= Double(range.upperBound) else { throw .unexpected }
            return value / 100
        } write: {
            .text("\(Int(($0 * 100).rounded()))%")
        }
    }
}

extension Duration {
    /// As the file writes it, in the largest unit that leaves no rest.
    package var written: String {
        let (seconds, attoseconds) = components
        let (thousands, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        guard !overflow else { return "\(seconds)s" }
        let milliseconds = Int(thousands) + Int(attoseconds / 1_000_000_000_000_000)
        let unit = Self.units.first { milliseconds != 0 && milliseconds.isMultiple(of: $0.milliseconds) }
        return "\(milliseconds / (unit?.milliseconds ?? 1000))\(unit?.name ?? "s")"
    }

    fileprivate static var units: [(name: String, milliseconds: Int)] {
        [("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)]
    }
}

extension Int {
    /// Decimal digits and nothing else; nil also for what no Int can hold.
    init?(digits: some StringProtocol) {
        guard !digits.isEmpty, digits.utf8.allSatisfy(Letters.isDigit), let number = Int(digits) else { return nil }
        self = number
    }
}

extension String {
    /// `10` and `ms` of `10ms`. The number is nil where the text does not begin with one that an Int can hold, or where
    /// a fraction follows.
    fileprivate var numberAndUnit: (number: Int?, unit: String) {
        let digits = prefix { $0.isASCII && $0.isNumber }
        let unit = self[digits.endIndex...]
        return (unit.hasPrefix(".") ? nil : Int(digits: digits), String(unit))
    }

    /// The first letter of what is meant to be a unit; of what holds more than letters, none that any unit has.
    fileprivate var initial: String {
        let unit = trimmingPrefix(" ")
        return unit.allSatisfy(\.isLetter) ? unit.prefix(1).lowercased() : "?"
    }
}
