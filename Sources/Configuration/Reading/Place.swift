// Where something stands in a file, and texts that know where they stand.

import Yams

/// A line and a column, both from 1.
struct Place: Equatable {
    let line: Int
    let column: Int

    static let start = Place(line: 1, column: 1)
}

extension Place {
    init(_ mark: Mark?) {
        self.init(line: mark?.line ?? 1, column: mark?.column ?? 1)
    }
}

/// A scalar of the file, after the environment was put in.
struct Text {
    let value: String
    /// As it stands in the file: the form in which a problem may quote it, for `value` may hold a secret.
    let written: String
    let place: Place

    /// Whether some of `value` came from outside the file.
    var isExpanded: Bool { value != written }

    /// How a problem quotes it. What precedes an @ is most likely a credential in a URL, and left out.
    var shown: String {
        guard !written.isEmpty else { return "an empty text" }
        let open = written.lastIndex(of: "@").map { "…" + written[$0...] } ?? written
        return "`" + (open.count > 80 ? open.prefix(80) + "…" : open) + "`"
    }
}

/// What was read, with where it was read and how a problem may name it.
struct Located<Value> {
    let value: Value
    let text: Text

    var place: Place { text.place }
    var shown: String { text.shown }
}
