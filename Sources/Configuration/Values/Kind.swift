// A kind of value: how it is read from text, how it is written, what a problem says is expected, and what a JSON Schema
// says about it. All four stand together, so that they cannot disagree.

/// What a scalar of the file may hold.
struct Kind<Value> {
    /// Completes "takes …".
    let expectation: String
    /// JSON Schema keywords of the value.
    let schema: [(String, WrittenJSON)]
    let read: (String) throws(Complaint) -> Value
    /// The value in the file's own words.
    let write: (Value) -> WrittenJSON
}

/// Why a text is not of its kind.
struct Complaint: Error {
    /// Completes a sentence that begins with the setting's name; holds nothing of the value. Nil: it is simply not what
    /// is expected.
    var reason: String?
    var suggestion: String?

    static let unexpected = Complaint()
}

extension Kind where Value == String {
    /// Text that fits on one line.
    static var text: Kind {
        Kind(expectation: "a text of 1 to 1024 letters", schema: [("type", "string")]) { (text) throws(Complaint) in
            guard (1...1024).contains(text.count) else { throw .unexpected }
            guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f }) else {
                throw Complaint(reason: "holds a control character")
            }
            return text
        } write: {
            .text($0)
        }
    }

    static var name: Kind {
        matching(
            "a name: a letter A–Z a–z, then up to 63 letters, digits, `_` and `-`",
            pattern: "^[A-Za-z][A-Za-z0-9_-]{0,63}$"
        ) {
            $0.isName
        }
    }

    /// RFC 6749 section 3.3: visible ASCII but `"` and `\`.
    static var scope: Kind { identifier("a scope such as conversations:read") }

    /// What a header can carry as it is.
    static var identifier: Kind { identifier("an id of 1 to 128 visible letters") }

    private static func identifier(_ expectation: String) -> Kind {
        matching(expectation, pattern: #"^[\x21\x23-\x5b\x5d-\x7e]{1,128}$"#) { text in
            (1...128).contains(text.utf8.count)
                && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x5c }
        }
    }

    /// A file's path, made absolute by the folder of the file that names it.
    static func file(in folder: String) -> Kind {
        Kind(expectation: "a file's path", schema: [("type", "string")]) { (text) throws(Complaint) in
            guard !text.isEmpty, !text.hasSuffix("/"), !text.utf8.contains(0) else { throw .unexpected }
            return absolute(text, in: folder)
        } write: {
            .text($0)
        }
    }

    static func absolute(_ path: String, in folder: String) -> String {
        if path.hasPrefix("/") { return path }
        let rest = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
        return folder.hasSuffix("/") ? folder + rest : folder + "/" + rest
    }

    static func matching(_ expectation: String, pattern: String, _ isGood: @escaping (String) -> Bool) -> Kind {
        Kind(expectation: expectation, schema: [("type", "string"), ("pattern", .text(pattern))]) {
            (text) throws(Complaint) in
            guard isGood(text) else { throw .unexpected }
            return text
        } write: {
            .text($0)
        }
    }
}

extension Kind where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of the words of an enum.
    static var word: Kind {
        let words = Value.allCases.map(\.rawValue)
        return Kind(
            expectation: words.map { "`\($0)`" }.joined(separator: " or "),
            // To an editor an unquoted null is no text.
            schema: [("enum", .list(words.map { .text($0) } + (words.contains("null") ? [.null] : [])))]
        ) { (text) throws(Complaint) in
            guard let value = Value(rawValue: text) else {
                throw Complaint(suggestion: Nearest.to(text, among: words).map { "`\($0)`" })
            }
            return value
        } write: {
            .text($0.rawValue)
        }
    }
}

extension Kind {
    /// What `kind` takes, or `word` for nil.
    static func word<Wrapped>(_ word: String, or kind: Kind<Wrapped>) -> Kind where Value == Wrapped? {
        Kind(
            expectation: "`\(word)` or " + kind.expectation,
            schema: [("anyOf", .list([.object(kind.schema), .object([("const", .text(word))])]))]
        ) { (text) throws(Complaint) in
            text == word ? nil : try kind.read(text)
        } write: {
            $0.map(kind.write) ?? .text(word)
        }
    }
}

extension Kind where Value == Bool {
    static var flag: Kind {
        Kind(expectation: "`true` or `false`", schema: [("type", "boolean")]) { (text) throws(Complaint) in
            switch text {
            case "true": return true
            case "false": return false
            case "yes", "on", "True", "TRUE", "1": throw Complaint(suggestion: "`true`")
            case "no", "off", "False", "FALSE", "0": throw Complaint(suggestion: "`false`")
            default: throw .unexpected
            }
        } write: {
            .flag($0)
        }
    }
}

extension StringProtocol {
    /// Whether it can name an upstream, a route, a part or a parameter. Such a name is also a token of structured
    /// headers (RFC 8941 section 3.3.4), in which responses repeat it.
    var isName: Bool {
        isWord && utf8.first.map { Letters.isAlphanumeric($0) && !Letters.isDigit($0) } == true
    }

    /// Whether it can name a record's member or a schema.
    var isWord: Bool {
        (1...64).contains(utf8.count) && utf8.allSatisfy(Letters.isName)
    }
}

/// Classes of bytes.
enum Letters {
    static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    static func isName(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }

    /// RFC 9110 section 5.6.2.
    static func isToken(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}
