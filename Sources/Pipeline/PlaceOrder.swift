// In what order a table's entries came, or were last looked at. The links lie beside the entries, in an array of their own: nothing is
// allocated for one, and taking one out costs the same wherever it stands.

/// The places of a table's entries, from the oldest to the newest.
package struct PlaceOrder: Sendable {
    private static var none: Int { -1 }

    private var links: [(newer: Int, older: Int)] = []
    private var last = Self.none
    private var first = Self.none

    package init() {}

    /// Nil: there is none.
    package var oldest: Int? { first == Self.none ? nil : first }

    /// A place that is not in it becomes the newest.
    package mutating func append(_ place: Int) {
        while links.count <= place { links.append((Self.none, Self.none)) }
        links[place] = (Self.none, last)
        if last == Self.none { first = place } else { links[last].newer = place }
        last = place
    }

    /// A place that is in it leaves.
    package mutating func remove(_ place: Int) {
        let (newer, older) = links[place]
        if newer == Self.none { last = older } else { links[newer].older = older }
        if older == Self.none { first = newer } else { links[older].newer = newer }
    }

    /// A place that is in it becomes the newest.
    package mutating func renew(_ place: Int) {
        guard place != last else { return }
        remove(place)
        append(place)
    }
}
