// JSON as it is written into the schema file: members keep the order in which they are named here.

/// A JSON value.
indirect enum JSONText: Sendable, ExpressibleByStringLiteral {
    case text(String)
    case whole(Int)
    case flag(Bool)
    case null
    case list([JSONText])
    case object([(String, JSONText)])

    init(stringLiteral value: String) {
        self = .text(value)
    }

    /// Indented by two spaces a level; what fits on a line stays on one.
    func written(indent: Int = 0, column: Int = 0) -> String {
        let flat = flat
        guard column + flat.count > 118 else { return flat }
        let inner = indent + 2, pad = String(repeating: " ", count: inner), end = String(repeating: " ", count: indent)
        switch self {
        case .text, .whole, .flag, .null:
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

    private var flat: String {
        switch self {
        case .text(let text): Self.quoted(text)
        case .whole(let number): "\(number)"
        case .flag(let flag): "\(flag)"
        case .null: "null"
        case .list(let items): "[" + items.map(\.flat).joined(separator: ", ") + "]"
        case .object(let members) where members.isEmpty: "{}"
        case .object(let members):
            "{ " + members.map { Self.quoted($0) + ": " + $1.flat }.joined(separator: ", ") + " }"
        }
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
