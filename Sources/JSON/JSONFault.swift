// Why bytes are not a document.

/// What is wrong with bytes that should be one JSON value (RFC 8259) in UTF-8.
package enum JSONFault: Error, Sendable, CaseIterable {
    /// Nothing, or white space only.
    case empty
    /// Tokens in the wrong order, too few or too many of them, a second value, a byte order mark.
    case syntax
    case encoding
    /// More than `JSONParser.depth` arrays and objects in each other.
    case depth
    case number
    /// A malformed escape, half of a surrogate pair, a control character, or no closing quote.
    case string
    /// 4 GiB and above.
    case tooLarge
    /// No memory for the check. The bytes may be fine.
    case memory

    /// A clause about "the body", without anything that the body says.
    package var reason: String {
        switch self {
        case .empty: "is empty"
        case .syntax: "is not one JSON value"
        case .encoding: "is not UTF-8"
        case .depth: "is nested deeper than \(JSONParser.depth)"
        case .number: "has a malformed number"
        case .string: "has a malformed string"
        case .tooLarge: "is too large to be checked"
        case .memory: "could not be checked for want of memory"
        }
    }
}
