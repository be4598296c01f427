// JSON for eyes. Members keep their order and numbers their text, since that is part of what an answer promises.

/// A JSON text with line breaks and indentation.
struct Indented: CustomStringConvertible {
    let description: String

    init(_ json: some StringProtocol) {
        var text = ""
        var depth = 0
        var isInString = false
        var isEscaped = false
        func breakLine() { text += "\n" + String(repeating: "  ", count: depth) }
        for character in json.unicodeScalars {
            if isInString {
                text.unicodeScalars.append(character)
                isInString = isEscaped || character != "\""
                isEscaped = !isEscaped && character == "\\"
                continue
            }
            switch character {
            case "{", "[":
                text.unicodeScalars.append(character)
                depth += 1
                breakLine()
            case "}", "]":
                depth -= 1
                breakLine()
                text.unicodeScalars.append(character)
            case ",":
                text += ","
                breakLine()
            case ":":
                text += ": "
            case " ", "\n", "\r", "\t":
                break
            default:
                isInString = character == "\""
                text.unicodeScalars.append(character)
            }
        }
        description = text
    }
}
