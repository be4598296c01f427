// Walking an object or an array from one value to the next.

/// The values of an object's members in the text's order; each knows its name. Names may repeat.
package struct JSONMembers: IteratorProtocol, Sequence {
    var walk: JSONItems

    init(of object: JSONValue, place: Int?) { walk = JSONItems(of: object, place: place) }

    /// The next member's value.
    package mutating func next() -> JSONValue? { walk.next(behind: 2) }
}

/// An array's items in the text's order.
package struct JSONItems: IteratorProtocol, Sequence {
    let text: UnsafePointer<UInt8>
    let indexes: UnsafePointer<UInt32>
    /// The next token: what an item or member begins with, or the closing bracket.
    var place: Int

    /// Without a place there are none.
    init(of container: JSONValue, place: Int?) {
        text = container.text
        indexes = container.indexes
        self.place = place ?? -1
    }

    package mutating func next() -> JSONValue? { next(behind: 0) }

    /// The value that stands `tokens` behind the place; a member's is behind its name and a colon.
    mutating func next(behind tokens: Int) -> JSONValue? {
        guard place >= 0, !JSONValue.isClosing(text[Int(indexes[place])]) else { return nil }
        let value = JSONValue(text: text, indexes: indexes, place: place + tokens)
        place = value.after
        if text[Int(indexes[place])] == UInt8(ascii: ",") { place += 1 }
        return value
    }
}
