// JSON as it is written for people and programs that look at the gateway: members keep the order in which they are named.

/// A JSON value.
package indirect enum WrittenJSON: Sendable, ExpressibleByStringLiteral {
    case text(String)
    case whole(Int)
    /// Written with at most three decimals; must be finite.
    case number(Double)
    case flag(Bool)
    case null
    case list([WrittenJSON])
    case object([(String, WrittenJSON)])

    package init(stringLiteral value: String) {
        self = .text(value)
    }

    /// Indented by two spaces a level; what fits on a line stays on one.
    package func written(indent: Int = 0, column: Int = 0) -> String {
        let flat = flat
        guard column + flat.count > 118, !isRow else { return flat }
        let inner = indent + 2, pad = String(repeating: " ", count: inner), end = String(repeating: " ", count: indent)
        switch self {
        case .text, .whole, .number, .flag, .null:
            return flat
        case .list(let items):
            let lines = items.map { pad + $0.written(indent: inner, column: inner) }
            return "[\n" + lines.joined(separator: ",\n") + "\n" + end + "]"
        case .object(let members):
            let lines = members.map { name, value in
                let start = pad + Self.quoted(name) + ": "
                return start + value.written(indent: inner, column: start.count)
            }
            return "{\n" + lines.joined(separator: ",\n") + "\n" + end + "}"
        }
    }

    /// A list of nothing but numbers: a line each would only be long.
    private var isRow: Bool {
        guard case .list(let items) = self else { return false }
        return items.allSatisfy { item in
            switch item {
            case .whole, .number, .null: true
            case .text, .flag, .list, .object: false
            }
        }
    }

    /// On one line.
    package var flat: String {
        switch self {
        case .text(let text): Self.quoted(text)
        case .whole(let number): "\(number)"
        case .number(let number): Self.decimal(number)
        case .flag(let flag): "\(flag)"
        case .null: "null"
        case .list(let items): "[" + items.map(\.flat).joined(separator: ", ") + "]"
        case .object(let members) where members.isEmpty: "{}"
        case .object(let members):
            "{ " + members.map { Self.quoted($0) + ": " + $1.flat }.joined(separator: ", ") + " }"
        }
    }

    private static func decimal(_ number: Double) -> String {
        guard number.isFinite, abs(number) < 1e15 else { return "null" }
        let thousandths = Int((number * 1000).rounded())
        let whole = "\(thousandths < 0 ? "-" : "")\(abs(thousandths) / 1000)"
        guard thousandths % 1000 != 0 else { return whole }
        let digits = "\(1000 + abs(thousandths) % 1000)".dropFirst()
        return whole + "." + digits.reversed().drop { $0 == "0" }.reversed()
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

extension WrittenJSON {
    /// A text, or null.
    package static func optional(_ text: String?) -> WrittenJSON { text.map { .text($0) } ?? .null }

    /// A number, or null.
    package static func optional(_ number: Double?) -> WrittenJSON { number.map { .number($0) } ?? .null }

    /// A time in milliseconds, to the microsecond.
    package static func milliseconds(_ duration: Duration) -> WrittenJSON {
        let time = duration.components
        return .number(Double(time.seconds) * 1000 + Double(time.attoseconds) / 1e15)
    }
}
