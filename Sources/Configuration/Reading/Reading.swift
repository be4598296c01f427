// What is common to all sections while one file is read: where files are found, what the environment says, and what has
// been found wrong so far.

import Yams

/// One reading of one file.
final class Reading {
    /// As the operator named it.
    let file: String
    /// Absolute; relative paths in the file start here.
    let folder: String
    let libcurl: LibcurlVersion
    let yaml: YAMLText
    private let placeholders: Placeholders

    private(set) var problems: [Problem] = []
    private var unreadable: Set<String> = []
    private var expanded: Set<String> = []

    init(_ yaml: YAMLText, file: String, folder: String, environment: [String: String], libcurl: LibcurlVersion) {
        self.yaml = yaml
        self.file = file
        self.folder = folder
        self.libcurl = libcurl
        placeholders = Placeholders(environment: environment)
    }

    func report(_ place: Place, _ message: String, suggestion: String? = nil) {
        problems.append(
            Problem(
                file: file, line: place.line, column: place.column, message: Self.onOneLine(message),
                suggestion: suggestion.map(Self.onOneLine)))
    }

    /// A problem may quote the file, which may hold line breaks and what terminals take for commands.
    private static func onOneLine(_ text: String) -> String {
        var line = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            line.append(scalar.properties.generalCategory == .control ? "\u{fffd}" : scalar)
        }
        return String(line)
    }

    /// Takes over what was wrong with another file that this one names.
    func report(_ others: ConfigurationProblems) {
        problems += others.problems
    }

    /// Notes that `name` is set to something that could not be read, so that what follows from it is not judged.
    func noteUnreadable(_ name: String) {
        unreadable.insert(name)
    }

    func isUnreadable(_ name: String) -> Bool {
        unreadable.contains(name)
    }

    /// Whether some of the value of `name` came from the environment, and must not be repeated.
    func isExpanded(_ name: String) -> Bool {
        expanded.contains(name)
    }

    /// The scalar with the environment filled in. Nil: that failed, and was reported.
    func text(_ scalar: Node.Scalar, named name: String) -> Text? {
        let place = Place(scalar.mark)
        do {
            let text = Text(value: try placeholders.filled(scalar.string), written: scalar.string, place: place)
            if text.isExpanded { expanded.insert(name) }
            return text
        } catch {
            switch error {
            case .unset(let variable):
                report(place, "`\(name)` needs the environment's variable \(variable), which is not set")
            case .malformed:
                report(
                    place, "`\(name)` holds a `${` that does not go on as `${NAME}` or `${NAME:-default}`",
                    suggestion: "`$${` for a plain `${`")
            }
        }
        noteUnreadable(name)
        return nil
    }
}
