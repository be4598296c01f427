// How many files, sockets among them, a gateway may have open at once, and what to do when the system allows fewer.

package import Configuration

/// Descriptors that a configuration may take.
package struct DescriptorNeeds: Sendable, Equatable {
    /// Connections of clients, as configured.
    package let clients: Int
    /// All else: pools of upstream connections, the operator's listener, what the process itself opens.
    package let others: Int

    package var all: Int { clients + others }

    package init(_ settings: Settings) {
        self.init(settings, Threads(settings.server.threads))
    }

    init(_ settings: Settings, _ threads: Threads) {
        clients = settings.server.limits.connections
        let pool = settings.upstreams.reduce(0) { $0 + $1.connections.perEndpoint * $1.endpoints.count }
        others =
            pool * threads.fanOut + Self.admin + settings.server.listen.count
            + threads.edge * Self.turnedAway + (threads.edge + threads.fanOut + 1) * Self.perThread + Self.spare
    }

    /// How many connections of clients fit when so many descriptors are allowed.
    ///
    /// Pools are seldom full, so clients get a quarter whatever the pools might take.
    package func clients(within limit: Int) -> Int {
        max(1, min(clients, max(limit - others, limit / 4)))
    }

    /// Connections of the operator's listener, which has a limit of its own.
    private static let admin = 64
    /// Connections that an edge loop tells that they are too many.
    private static let turnedAway = 64
    /// A loop's epoll, eventfd, timer.
    private static let perThread = 4
    /// Files, logs, name servers.
    private static let spare = 64
}
