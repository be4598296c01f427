// JSON with its members in the order they were written: a parser that shares nothing with the gateway's own.

/// One JSON value.
indirect enum JSONTree: Equatable {
    case null
    case bool(Bool)
    /// As written.
    case number(String)
    /// Between the quotes, escapes included.
    case string(String)
    case array([JSONTree])
    case object([Member])

    struct Member: Equatable {
        let name: String
        let value: JSONTree
    }

    struct Malformed: Error {
        let place: Int
    }

    init(_ bytes: [UInt8]) throws {
        var reader = Reader(bytes: bytes)
        self = try reader.value()
        guard reader.place == bytes.count else { throw Malformed(place: reader.place) }
    }

    subscript(_ name: String) -> JSONTree? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// As the contract's `type` names it.
    var types: Set<String> {
        switch self {
        case .null: ["null"]
        case .bool: ["boolean"]
        case .number(let text): text.contains { ".eE".contains($0) } ? ["number"] : ["number", "integer"]
        case .string: ["string"]
        case .array: ["array"]
        case .object: ["object"]
        }
    }
}

/// The gateway writes without white space between tokens, and so this takes none.
private struct Reader {
    let bytes: [UInt8]
    var place = 0

    mutating func value() throws -> JSONTree {
        guard place < bytes.count else { throw JSONTree.Malformed(place: place) }
        switch bytes[place] {
        case UInt8(ascii: "{"): return .object(try list(end: "}") { .init(name: try $0.name(), value: try $0.value()) })
        case UInt8(ascii: "["): return .array(try list(end: "]") { try $0.value() })
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        default: return try number()
        }
    }

    private mutating func list<Item>(end: Unicode.Scalar, _ item: (inout Reader) throws -> Item) throws -> [Item] {
        place += 1
        var items: [Item] = []
        if take(end) { return items }
        repeat { items.append(try item(&self)) } while take(",")
        guard take(end) else { throw JSONTree.Malformed(place: place) }
        return items
    }

    private mutating func name() throws -> String {
        guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else { throw JSONTree.Malformed(place: place) }
        let name = try string()
        guard take(":") else { throw JSONTree.Malformed(place: place) }
        return name
    }

    private mutating func string() throws -> String {
        place += 1
        let start = place
        while place < bytes.count, bytes[place] != UInt8(ascii: "\"") {
            guard bytes[place] >= 0x20 else { throw JSONTree.Malformed(place: place) }
            place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard place < bytes.count, let text = String(validating: bytes[start..<place], as: UTF8.self) else {
            throw JSONTree.Malformed(place: place)
        }
        place += 1
        return text
    }

    private mutating func number() throws -> JSONTree {
        let text = String(decoding: bytes[place...].prefix { "0123456789+-.eE".utf8.contains($0) }, as: UTF8.self)
        guard Double(text) != nil else { throw JSONTree.Malformed(place: place) }
        place += text.utf8.count
        return .number(text)
    }

    private mutating func word(_ word: String, _ value: JSONTree) throws -> JSONTree {
        guard bytes[place...].starts(with: word.utf8) else { throw JSONTree.Malformed(place: place) }
        place += word.utf8.count
        return value
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard place < bytes.count, UInt32(bytes[place]) == scalar.value else { return false }
        place += 1
        return true
    }
}
