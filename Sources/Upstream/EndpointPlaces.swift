// How many calls each endpoint of an upstream gets at once, counted over all loops of the process.

internal import Synchronization

/// `connections.perEndpoint`, where it says more than the limit above: with several endpoints, one of them could be full
/// while others have room. Over HTTP/1.1 a call is a connection. May be used from any thread.
package final class EndpointPlaces: Sendable {
    private final class Count: Sendable {
        let taken = Atomic<Int>(0)
    }

    private let counts: [Count]
    private let most: Int

    package init(endpoints: Int, most: Int) {
        counts = (0..<endpoints).map { _ in Count() }
        self.most = most
    }

    /// Takes a place at `preferred`, or at the next endpoint that has one. Whoever asks has a place at the upstream, and of
    /// those there are no more than all endpoints have together: one has room, though a look may come a moment too early or
    /// too late for each.
    func take(_ preferred: Int) -> Int {
        for step in 0..<(2 * counts.count) {
            let place = (preferred + step) % counts.count
            if counts[place].taken.wrappingAdd(1, ordering: .relaxed).newValue <= most { return place }
            giveBack(place)
        }
        counts[preferred].taken.wrappingAdd(1, ordering: .relaxed)
        return preferred
    }

    func giveBack(_ place: Int) {
        counts[place].taken.wrappingSubtract(1, ordering: .relaxed)
    }
}
