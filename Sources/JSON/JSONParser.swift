// The complete check of a document, by simdjson. It is the only way to a `JSONDocument`, so all that reads one may rely
// on valid text.

import CSimdJSON

/// Checks one document after another in the same memory. Belongs to one thread: each fan-out loop has its own.
///
/// It keeps some thirteen bytes for each byte of the largest document so far, up to 1 MiB of document; what a larger
/// one took is given back with the next small one.
package final class JSONParser {
    /// How many arrays and objects may be nested in each other.
    package static let depth = 128
    /// How many bytes behind a document must be readable.
    package static let padding = Int(simdjson_checker_padding)

    private let checker: OpaquePointer
    /// Counts checks, so that a document knows whether it is still the last one.
    private(set) var checks: UInt64 = 0

    /// Throws `.memory` only.
    package init() throws(JSONFault) {
        guard let checker = simdjson_checker_create(Self.depth) else { throw .memory }
        self.checker = checker
    }

    deinit { simdjson_checker_destroy(checker) }

    /// Checks that `bytes` are exactly one JSON value: syntax, UTF-8, strings, numbers, depth. Numbers may be of any
    /// size and precision. Nothing is copied, unless a number exceeds 64 bits or the range of a double.
    ///
    /// - Parameters:
    ///   - bytes: `padding` more bytes behind the last one must be readable.
    ///   - owner: What keeps `bytes` alive and unchanged; the document holds on to it.
    /// - Returns: The document, which may be read until this parser's next check.
    package func check(
        _ bytes: UnsafeBufferPointer<UInt8>, keeping owner: AnyObject
    ) throws(JSONFault) -> JSONDocument {
        checks &+= 1
        guard let text = bytes.baseAddress else { throw .empty }
        var found: UnsafePointer<UInt32>?
        var count = 0
        switch simdjson_checker_check(checker, text, bytes.count, &found, &count) {
        case .valid: break
        case .empty: throw .empty
        case .syntax: throw .syntax
        case .utf8: throw .encoding
        case .depth: throw .depth
        case .number: throw .number
        case .string: throw .string
        case .too_large: throw .tooLarge
        case .memory: throw .memory
        }
        guard let indexes = found else { throw .syntax }
        let root = JSONValue(text: text, indexes: indexes, place: 0, after: count)
        return JSONDocument(root: root, parser: self, check: checks, owner: owner)
    }
}

/// Bytes that were checked, and the places of their tokens. Keeps both alive.
package struct JSONDocument: ~Copyable {
    private let value: JSONValue
    private let parser: JSONParser
    private let check: UInt64
    private let owner: AnyObject

    fileprivate init(root: JSONValue, parser: JSONParser, check: UInt64, owner: AnyObject) {
        value = root
        self.parser = parser
        self.check = check
        self.owner = owner
    }

    /// Calls `body` with the document's one value. The value, and all that is reached from it, are plain pointers: they
    /// must not outlive `body`.
    package borrowing func read<Result, Problem: Error>(
        _ body: (JSONValue) throws(Problem) -> Result
    ) throws(Problem) -> Result {
        precondition(parser.checks == check, "A document was read after its parser had checked another one.")
        return try withExtendedLifetime(parser) { () throws(Problem) in
            try withExtendedLifetime(owner) { () throws(Problem) in try body(value) }
        }
    }
}
