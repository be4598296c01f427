// What is wrong with a script file, and where.

/// One thing wrong with a script file.
package struct ScriptProblem: Sendable, Equatable, CustomStringConvertible {
    package let file: String
    /// Both from 1.
    package let line: Int
    package let column: Int
    package let message: String

    package var description: String { "\(file):\(line):\(column): \(message)" }
}

/// Everything wrong with a script file, in the file's order.
package struct ScriptProblems: Error, Sendable, Equatable, CustomStringConvertible {
    package let problems: [ScriptProblem]

    /// One problem a line.
    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
