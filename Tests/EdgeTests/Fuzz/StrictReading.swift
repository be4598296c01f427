// A second reading of HTTP/1.1, as plain as can be and with all bytes at hand: what the edge does with a stream of bytes
// is held against it. It knows no limits, so what is compared must keep them.

/// What a strict server makes of all that a client sent (RFC 9112, and the edge's own rules where it is stricter).
struct StrictReading {
    enum Ending { case open, refused, closed }

    struct Refused: Error {}

    private(set) var requests: [String] = []
    private(set) var ending = Ending.open
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
        do {
            while let isLast = try readRequest() {
                guard isLast else { continue }
                ending = .closed
                return
            }
        } catch {
            ending = .refused
        }
    }

    /// Reads one request. Returns nil if it is not complete, else whether the connection ends with it.
    private mutating func readRequest() throws -> Bool? {
        while rest.starts(with: "\r\n".utf8) { rest = rest.dropFirst(2) }
        guard let first = rest.first else { return nil }
        guard first == 0x0d || Self.isToken([first]) else { throw Refused() }
        guard let line = try takeLine() else { return nil }
        let words = line.split(separator: 0x20, omittingEmptySubsequences: false).map { Array($0) }
        guard words.count == 3, words.allSatisfy({ !$0.isEmpty }), Self.isToken([line[line.startIndex]]),
            words[2] == Array("HTTP/1.0".utf8) || words[2] == Array("HTTP/1.1".utf8)
        else { throw Refused() }
        guard let fields = try takeFields() else { return nil }
        let head = try StrictHead(method: words[0], target: words[1], version: words[2], fields: fields)
        switch head.body {
        case .length(let length):
            guard rest.count >= length else { return nil }
            rest = rest.dropFirst(length)
        case .chunked:
            guard try takeChunks() else { return nil }
        }
        requests.append("\(head.method) \(head.path)")
        return head.isLast
    }

    /// Up to the empty line. Nil: it is not there yet.
    private mutating func takeFields() throws -> [(name: [UInt8], value: [UInt8])]? {
        var fields: [(name: [UInt8], value: [UInt8])] = []
        while let line = try takeLine() {
            guard let first = line.first else { return fields }
            guard first != 0x20, first != 0x09, let colon = line.firstIndex(of: 0x3a) else { throw Refused() }
            let name = Array(line[..<colon])
            guard !name.contains(UInt8(ascii: "_")) else { throw Refused() }
            fields.append((name, Self.trimmed(line[line.index(after: colon)...])))
        }
        return nil
    }

    private mutating func takeLine() throws -> ArraySlice<UInt8>? {
        guard let feed = rest.firstIndex(of: 0x0a) else { return nil }
        guard feed > rest.startIndex, rest[feed - 1] == 0x0d else { throw Refused() }
        let line = rest[..<(feed - 1)]
        rest = rest[(feed + 1)...]
        return line
    }

    /// Returns false if the body is not complete.
    private mutating func takeChunks() throws -> Bool {
        while true {
            var line: [UInt8] = []
            while let byte = rest.popFirst() {
                line.append(byte)
                if byte == 0x0a { break }
                try ChunkLine.check(start: line)
            }
            guard line.last == 0x0a else { return false }
            guard let size = ChunkLine.size(line) else { throw Refused() }
            if size == 0 { return try takeTrailers() }
            guard size <= 65_536 else { throw Refused() }
            guard rest.count >= size else { return false }
            rest = rest.dropFirst(size)
            for expected in [0x0d, 0x0a] as [UInt8] {
                guard let byte = rest.popFirst() else { return false }
                guard byte == expected else { throw Refused() }
            }
        }
    }

    private mutating func takeTrailers() throws -> Bool {
        if let first = rest.first, first != 0x0d, !Self.isToken([first]) { throw Refused() }
        // Names that frame or route are refused where they stand, all else when all is there.
        var seen = self
        while let line = try seen.takeLine(), !line.isEmpty {
            guard let colon = line.firstIndex(of: 0x3a), line.first != 0x20, line.first != 0x09 else { throw Refused() }
            let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
            guard !["content-length", "transfer-encoding", "host"].contains(name), !name.contains("_") else {
                throw Refused()
            }
        }
        guard let fields = try takeFields() else { return false }
        guard fields.allSatisfy({ Self.isToken($0.name) && Self.isValue($0.value) }) else { throw Refused() }
        return true
    }

    static func isToken(_ bytes: [UInt8]) -> Bool {
        let others = Array("!#$%&'*+-.^_`|~".utf8)
        return !bytes.isEmpty
            && bytes.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                    || others.contains(byte)
            }
    }

    static func isValue(_ bytes: [UInt8]) -> Bool {
        bytes.allSatisfy { $0 == 0x09 || $0 >= 0x20 && $0 != 0x7f }
    }

    static func trimmed(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        let start = bytes.drop { $0 == 0x20 || $0 == 0x09 }
        guard let end = start.lastIndex(where: { $0 != 0x20 && $0 != 0x09 }) else { return [] }
        return Array(start[...end])
    }
}

/// A line with a chunk's size.
enum ChunkLine {
    nonisolated(unsafe) private static let whole =
        /[0-9a-fA-F]{1,16}(;[!#$%&'*+\-.^_`|~0-9A-Za-z]+(=([!#$%&'*+\-.^_`|~0-9A-Za-z]+|"([ !#-\[\]-~]|\\[ -~])*"))?)*\r\n/
    nonisolated(unsafe) private static let part =
        /([0-9a-fA-F]{1,16}((;[!#$%&'*+\-.^_`|~0-9A-Za-z]+(=([!#$%&'*+\-.^_`|~0-9A-Za-z]+|"([ !#-\[\]-~]|\\[ -~])*"))?)*(\r|;|;[!#$%&'*+\-.^_`|~0-9A-Za-z]+(=|="([ !#-\[\]-~]|\\[ -~])*\\?)?)?))?/

    /// Nil: it is malformed, or beyond all bounds.
    static func size(_ line: [UInt8]) -> Int? {
        let text = latin1(line)
        guard text.wholeMatch(of: whole.matchingSemantics(.unicodeScalar)) != nil else { return nil }
        return UInt64(text.prefix { $0.isHexDigit }, radix: 16).map { Int(clamping: $0) }
    }

    /// Throws if a line cannot begin so.
    static func check(start: [UInt8]) throws {
        guard latin1(start).wholeMatch(of: part.matchingSemantics(.unicodeScalar)) != nil else {
            throw StrictReading.Refused()
        }
    }

    private static func latin1(_ bytes: [UInt8]) -> String {
        String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }
}
