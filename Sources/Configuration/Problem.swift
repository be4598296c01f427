// What is wrong with a file an operator wrote, where, and what may have been meant.

/// One thing wrong with a file.
///
/// `description` is the form editors and compilers agree on: `file:line:column: what is wrong; did you mean …?`.
package struct Problem: Error, Sendable, Equatable, CustomStringConvertible {
    package let file: String
    /// From 1.
    package let line: Int
    /// From 1.
    package let column: Int
    /// Holds no value of the environment and no header's value.
    package let message: String
    /// What was probably meant.
    package let suggestion: String?

    package init(file: String, line: Int, column: Int, message: String, suggestion: String? = nil) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
        self.suggestion = suggestion
    }

    package var description: String {
        let meant = suggestion.map { "; did you mean \($0)?" } ?? ""
        return "\(file):\(line):\(column): \(message)\(meant)"
    }
}

/// Everything wrong with a configuration, each with its place.
package struct ConfigurationProblems: Error, Sendable, Equatable, CustomStringConvertible {
    /// By file, then line, then column.
    package let problems: [Problem]

    package init(_ problems: [Problem]) {
        self.problems = problems.sorted { ($0.file, $0.line, $0.column) < ($1.file, $1.line, $1.column) }
    }

    /// One problem a line.
    package var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}
