// How many connections a loop has open to each endpoint, and how many of them are in use. libcurl does not tell; but it says when
// it opens a socket, what it waits for on it, and when it closes it.

internal import Synchronization

/// The connections of one loop to one endpoint. The loop's thread writes, whoever scrapes reads.
package final class EndpointConnections: Sendable {
    /// As configured.
    let upstream: String
    let address: String
    private let open = LoopCount()
    private let busy = LoopCount()

    init(upstream: String, address: String) {
        self.upstream = upstream
        self.address = address
    }

    func opened() { open.add(1) }

    /// Something is waited for on a connection from now on, or nothing any more.
    func turned(isBusy: Bool) { busy.add(isBusy ? 1 : -1) }

    func closed(wasBusy: Bool) {
        if wasBusy { busy.add(-1) }
        open.add(-1)
    }

    fileprivate var count: OpenConnections.Count {
        let busy = busy.value
        // Between the two looks one may have been closed.
        return OpenConnections.Count(
            upstream: upstream, address: address, idle: max(0, open.value - busy), inUse: busy)
    }
}

/// The connections of one loop, by endpoint. From any thread.
package final class OpenConnections: Sendable {
    /// Of one endpoint.
    package struct Count: Sendable, Equatable {
        package let upstream: String
        package let address: String
        /// Kept for the next call.
        package let idle: Int
        /// With a call on it, or several, or being opened.
        package let inUse: Int
    }

    private let all = Mutex<[EndpointConnections]>([])

    /// Those of an endpoint. A connection belongs to it from opening to closing, over all reloads.
    func to(_ address: String, of upstream: String) -> EndpointConnections {
        all.withLock { all in
            if let known = all.first(where: { $0.upstream == upstream && $0.address == address }) { return known }
            // Neither a configuration nor an open connection has it any more.
            all = all.indices.compactMap { isKnownUniquelyReferenced(&all[$0]) ? nil : all[$0] }
            let new = EndpointConnections(upstream: upstream, address: address)
            all.append(new)
            return new
        }
    }

    package var counts: [Count] { all.withLock { $0.map(\.count) } }
}
