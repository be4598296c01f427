// Binding one address, and what happens to a connection accepted there.

internal import Configuration
internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Synchronization

/// An address cannot be listened on. The description names it and says why, for an operator.
package struct CannotListen: Error, CustomStringConvertible {
    package let address: String
    package let reason: String

    package var description: String { "cannot listen on \(address): \(reason)" }

    init(_ address: ListenAddress, _ reason: String) {
        self.address =
            address.host.contains(":") ? "[\(address.host)]:\(address.port)" : "\(address.host):\(address.port)"
        self.reason = reason
    }

    init(_ address: ListenAddress, _ error: any Error) {
        if let error = error as? IOError {
            self.init(address, String(cString: strerror(error.errnoCode)))
        } else {
            self.init(address, "\(error)")
        }
    }
}

/// Accepts connections for one address of the configuration. Others may be let in by another entrance while it stays open.
final class Listener: Sendable {
    private struct State {
        var entrance: Entrance
        /// From binding to closing.
        var channel: (any Channel)?
        var bound: ListenAddress?
    }

    /// As configured.
    let address: ListenAddress
    private let state: Mutex<State>

    init(at address: ListenAddress, _ entrance: Entrance) {
        self.address = address
        state = Mutex(State(entrance: entrance))
    }

    /// What new connections pass.
    var entrance: Entrance {
        get { state.withLock(\.entrance) }
        set { state.withLock { $0.entrance = newValue } }
    }

    /// The address that it is bound to, with the port the kernel chose where 0 was asked for; nil: it never was.
    var boundAddress: ListenAddress? { state.withLock(\.bound) }

    /// - Parameter accepts: whether it accepts at once; else connections wait in the kernel until `accept`.
    /// - Throws: `CannotListen`.
    func bind(_ group: MultiThreadedEventLoopGroup, _ loops: EdgeLoops, accepts: Bool) async throws(CannotListen) {
        do {
            let bootstrap = bootstrap(group, loops).serverChannelOption(.autoRead, value: accepts)
            let channel = try await bootstrap.bind(host: address.host, port: address.port).get()
            state.withLock { $0 = State(entrance: $0.entrance, channel: channel, bound: ListenAddress(channel)) }
        } catch {
            throw CannotListen(address, error)
        }
    }

    /// Begins to accept.
    func accept() async throws {
        try await state.withLock(\.channel)?.setOption(.autoRead, value: true).get()
    }

    /// Closes the socket, when what waits there is accepted: the kernel would reset it. What was accepted goes on.
    func close(settling loops: EdgeLoops) async throws {
        // The channel knows the listener, and it the channel.
        let channel = state.withLock { state in
            defer { state.channel = nil }
            return state.channel
        }
        guard let channel else { return }
        do {
            try await AcceptQueue(of: channel).empty()
            try await loops.settle()
            try await channel.close().get()
        } catch ChannelError.alreadyClosed {
            return
        }
    }

    private func bootstrap(_ group: MultiThreadedEventLoopGroup, _ loops: EdgeLoops) -> ServerBootstrap {
        ServerBootstrap(group: group)
            // A burst of connections waits in the kernel; it cuts this to net.core.somaxconn.
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.maxMessagesPerRead, value: 16)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptPause())
                }
            }
            .childChannelInitializer { channel in loops.welcome(channel, at: self.entrance) }
            // An answer is one write; waiting to fill a segment would only delay it.
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            // Pausing takes effect between reads: one at a time, and a small one, bounds what a client can send ahead.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            // A connection keeps its last buffer while it is idle, so it begins with what most requests fit into.
            .childChannelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 1024, maximum: 16 * 1024)
            )
            // Writable then means: all that was written has left. So a slow reader is noticed without a promise a write.
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 1, high: 1))
    }
}

extension ListenAddress {
    fileprivate init?(_ channel: any Channel) {
        guard let address = channel.localAddress, let host = address.ipAddress, let port = address.port else {
            return nil
        }
        self.init(host: host, port: port)
    }
}
