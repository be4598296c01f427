// A table with a bound: what was looked up least recently leaves when something new needs its place.

/// Values by key, at most so many. Looking one up costs a hash and allocates nothing; so does exchanging the oldest for a
/// new one.
package struct RecentTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry {
        var key: Key
        var value: Value
        /// Places in `entries`; -1: none.
        var newer = -1
        var older = -1
    }

    private let most: Int
    private var places: [Key: Int] = [:]
    private var entries: [Entry] = []
    private var newest = -1
    private var oldest = -1

    /// - Parameter most: how many there may be, at least 1.
    package init(most: Int) {
        self.most = most
    }

    package var count: Int { entries.count }

    /// Calls `body` with the value of `key`, which is `new` if there is none, and makes it the most recent.
    package mutating func use<Result>(
        _ key: Key, new: @autoclosure () -> Value, _ body: (inout Value) -> Result
    ) -> Result {
        let place = places[key] ?? add(key, new())
        if place != newest {
            unlink(place)
            linkNewest(place)
        }
        return body(&entries[place].value)
    }

    /// What is there for `key`, which does not become more recent by being looked at.
    package func peek(_ key: Key) -> Value? {
        places[key].map { entries[$0].value }
    }

    private mutating func add(_ key: Key, _ value: Value) -> Int {
        guard entries.count == most else {
            entries.append(Entry(key: key, value: value))
            places[key] = entries.count - 1
            linkNewest(entries.count - 1)
            return entries.count - 1
        }
        let place = oldest
        places[entries[place].key] = nil
        entries[place].key = key
        entries[place].value = value
        places[key] = place
        return place
    }

    private mutating func unlink(_ place: Int) {
        let newer = entries[place].newer, older = entries[place].older
        if newer >= 0 { entries[newer].older = older } else { newest = older }
        if older >= 0 { entries[older].newer = newer } else { oldest = newer }
    }

    private mutating func linkNewest(_ place: Int) {
        entries[place].newer = -1
        entries[place].older = newest
        if newest >= 0 { entries[newest].newer = place } else { oldest = place }
        newest = place
    }
}
