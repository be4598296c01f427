// A table with a bound: what was looked up least recently leaves when something new needs its place.

internal import Pipeline

/// Values by key, at most so many. Looking one up costs a hash and allocates nothing; so does exchanging the oldest for a
/// new one.
package struct RecentTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry {
        var key: Key
        var value: Value
    }

    private let most: Int
    private var places: [Key: Int] = [:]
    private var entries: [Entry] = []
    private var order = PlaceOrder()

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
        order.renew(place)
        return body(&entries[place].value)
    }

    /// What is there for `key`, which does not become more recent by being looked at.
    package func peek(_ key: Key) -> Value? {
        places[key].map { entries[$0].value }
    }

    private mutating func add(_ key: Key, _ value: Value) -> Int {
        guard entries.count == most, let place = order.oldest else {
            entries.append(Entry(key: key, value: value))
            places[key] = entries.count - 1
            order.append(entries.count - 1)
            return entries.count - 1
        }
        places[entries[place].key] = nil
        entries[place].key = key
        entries[place].value = value
        places[key] = place
        return place
    }
}
