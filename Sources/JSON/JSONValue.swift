// A value in checked text: where its tokens are, and nothing that was copied out of it.

/// One value of a document. A few pointers: copying it costs nothing, and it is good while `JSONDocument.read` runs.
///
/// The parser's index has the offset of each `{ } [ ] : ,` and of the first byte of each string, number and literal. A
/// value is the range of its tokens in that index; that the text is valid makes walking it safe.
package struct JSONValue {
    /// A value's tokens: `place` is the first one's, `after` that of the one behind. Eight bytes to remember it by.
    package struct Tokens {
        package let place: UInt32
        package let after: UInt32

        package init(place: UInt32, after: UInt32) {
            self.place = place
            self.after = after
        }
    }

    package enum Kind: Sendable {
        case object, array, string, number, boolean, null
    }

    let text: UnsafePointer<UInt8>
    let indexes: UnsafePointer<UInt32>
    let place: Int
    let after: Int

    init(text: UnsafePointer<UInt8>, indexes: UnsafePointer<UInt32>, place: Int, after: Int) {
        self.text = text
        self.indexes = indexes
        self.place = place
        self.after = after
    }

    /// The value whose first token is at `place`; finds its end.
    init(text: UnsafePointer<UInt8>, indexes: UnsafePointer<UInt32>, place: Int) {
        var next = place &+ 1
        if Self.isOpening(text[Int(indexes[place])]) {
            var depth = 1
            while depth > 0 {
                let byte = text[Int(indexes[next])]
                next &+= 1
                if Self.isOpening(byte) { depth &+= 1 } else if Self.isClosing(byte) { depth &-= 1 }
            }
        }
        self.init(text: text, indexes: indexes, place: place, after: next)
    }

    /// Another value of the same document.
    package init(_ tokens: Tokens, of other: JSONValue) {
        self.init(text: other.text, indexes: other.indexes, place: Int(tokens.place), after: Int(tokens.after))
    }

    package var tokens: Tokens {
        // Offsets are of 32 bits, and there are not more tokens than bytes.
        Tokens(place: UInt32(truncatingIfNeeded: place), after: UInt32(truncatingIfNeeded: after))
    }

    package var kind: Kind {
        switch first {
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .boolean
        case UInt8(ascii: "n"): .null
        default: .number
        }
    }

    package var isNull: Bool { first == UInt8(ascii: "n") }
    package var isObject: Bool { first == UInt8(ascii: "{") }
    package var isArray: Bool { first == UInt8(ascii: "[") }

    var first: UInt8 { text[Int(indexes[place])] }

    /// The value's text as it was sent, without white space around it.
    package var bytes: UnsafeBufferPointer<UInt8> { bytes(start..<end) }

    /// A piece of the document's text.
    package func bytes(_ offsets: Range<Int>) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: text + offsets.lowerBound, count: offsets.count)
    }

    /// The offset of the value's first byte in the document.
    package var start: Int { Int(indexes[place]) }

    /// The offset behind the value's last byte.
    package var end: Int {
        if after - place > 1 { return Int(indexes[after - 1]) + 1 }
        // A string's, number's or literal's end is no token: only white space is between it and the next one. Behind
        // the last token the index has the text's length.
        return Self.trimmed(text, to: Int(indexes[after]))
    }

    /// The content of a string, between the quotes; of any other value, nil.
    package var string: JSONText? {
        guard first == UInt8(ascii: "\"") else { return nil }
        return Self.quoted(text, indexes, place)
    }

    /// The name of the member that this value is of. Only for a value that came from `members`.
    package var memberName: JSONText {
        // Before a member's value stand its name and a colon.
        Self.quoted(text, indexes, place - 2)
    }

    /// The offset of the quote before that name. Only for a value that came from `members`.
    package var memberStart: Int { Int(indexes[place - 2]) }

    /// The members of an object, in order; of any other value, none.
    package var members: JSONMembers {
        JSONMembers(of: self, place: first == UInt8(ascii: "{") ? place + 1 : nil)
    }

    /// The items of an array, in order; of any other value, none.
    package var items: JSONItems {
        JSONItems(of: self, place: first == UInt8(ascii: "[") ? place + 1 : nil)
    }

    static func quoted(
        _ text: UnsafePointer<UInt8>, _ indexes: UnsafePointer<UInt32>, _ place: Int
    ) -> JSONText {
        let start = Int(indexes[place]) + 1
        let end = trimmed(text, to: Int(indexes[place + 1])) - 1
        return JSONText(raw: UnsafeBufferPointer(start: text + start, count: end - start))
    }

    static func trimmed(_ text: UnsafePointer<UInt8>, to end: Int) -> Int {
        var end = end
        // In valid JSON, between tokens, whatever is not above a space is white space.
        while text[end - 1] <= UInt8(ascii: " ") { end -= 1 }
        return end
    }

    // `[` and `{`, `]` and `}` differ in one bit.
    static func isOpening(_ byte: UInt8) -> Bool { byte | 0x20 == UInt8(ascii: "{") }
    static func isClosing(_ byte: UInt8) -> Bool { byte | 0x20 == UInt8(ascii: "}") }
}
