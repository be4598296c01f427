// From YAML text to nodes with places. Yams stops at the first doubled key; here doubled keys are kept apart, so that
// they are reported together with everything else that is wrong.

import Yams

/// A YAML document whose mappings may hold a key twice.
struct YAMLText {
    /// Nil: the document is empty.
    let root: Node?
    /// What a key was called before it was renamed.
    private let renamed: [String: String]

    /// Reads `text`; the one problem thrown is where its syntax breaks.
    init(_ text: String, file: String) throws(Problem) {
        var text = text
        var renamed: [String: String] = [:]
        while true {
            do {
                root = try Yams.compose(yaml: text, .default, .default, .utf8)
                self.renamed = renamed
                return
            } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
                // The mark is the earlier of the two. Given another first letter it no longer collides, and every
                // other place stays where it is.
                let place = Place(context.mark)
                guard let key = keys.first, let substitute = Unicode.Scalar(0xE000 + renamed.count),
                    let (other, name) = Self.rename(key, in: text, at: place, to: substitute)
                else {
                    let names = keys.map { "`\($0)`" }.joined(separator: ", ")
                    throw Problem(
                        file: file, line: place.line, column: place.column, message: "\(names) is there twice")
                }
                renamed[name] = key
                text = other
            } catch {
                throw Self.problem(error, in: text, file: file)
            }
        }
    }

    /// The key as the file has it.
    func original(_ key: String) -> String {
        renamed[key] ?? key
    }

    /// The text with the first letter of the key at `place` replaced, and the key's new name. Nil for a key that is not
    /// written as itself: an alias, a tagged one, one with escapes, an empty one.
    private static func rename(
        _ key: String, in text: String, at place: Place, to substitute: Unicode.Scalar
    ) -> (text: String, key: String)? {
        // More would only be needed by a file that is not a configuration, and would leave the private-use area.
        guard substitute.value < 0xE400 else { return nil }
        var scalars = Array(text.unicodeScalars)
        var start = 0
        for _ in 1..<place.line {
            guard let end = scalars[start...].firstIndex(of: "\n") else { return nil }
            start = end + 1
        }
        start += place.column - 1
        if start < scalars.count, scalars[start] == "\"" || scalars[start] == "'" { start += 1 }
        let letters = Array(key.unicodeScalars)
        guard !letters.isEmpty, scalars[start...].starts(with: letters) else { return nil }

        scalars[start] = substitute
        var name = String.UnicodeScalarView()
        name.append(substitute)
        name.append(contentsOf: letters.dropFirst())
        var other = String.UnicodeScalarView()
        other.append(contentsOf: scalars)
        return (String(other), String(name))
    }

    private static func problem(_ error: any Error, in text: String, file: String) -> Problem {
        switch error {
        case YamlError.scanner(let context, let problem, let mark, _),
            YamlError.parser(let context, let problem, let mark, _),
            YamlError.composer(let context, let problem, let mark, _):
            let place = Place(mark)
            let whole = [context?.text, problem].compactMap { $0 }.joined(separator: ", ")
            return Problem(
                file: file, line: place.line, column: place.column, message: "this is not YAML: \(whole)",
                suggestion: unquotedPlaceholder(in: text, near: place.line))
        case YamlError.reader(let problem, let offset, _, _):
            let before = text.prefix(offset ?? 0).split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            return Problem(
                file: file, line: max(before.count, 1), column: (before.last?.count ?? 0) + 1,
                message: "this is not YAML: \(problem)")
        default:
            return Problem(file: file, line: 1, column: 1, message: "this is not YAML: \(error)")
        }
    }

    /// The mistake that `${NAME}` invites: between braces or brackets, YAML takes its braces for its own.
    private static func unquotedPlaceholder(in text: String, near line: Int) -> String? {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        let near = lines.dropFirst(max(line - 2, 0)).prefix(2)
        let holds = near.contains { line in
            line.contains("${") && (line.contains("{ ") || line.contains("["))
        }
        return holds ? "\"${…}\" in quotes (within { } and [ ] it needs them)" : nil
    }
}
