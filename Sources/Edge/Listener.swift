// Binding one address, and what happens to a connection accepted there.

internal import Configuration
internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

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

/// Accepts connections for one address of the configuration.
struct Listener: Sendable {
    let settings: ListenerSettings
    let group: MultiThreadedEventLoopGroup
    let loops: EdgeLoops
    let entrance: Entrance

    /// Throws `CannotListen`.
    func bind() async throws -> any Channel {
        do {
            return try await bootstrap().bind(host: settings.address.host, port: settings.address.port).get()
        } catch {
            throw CannotListen(settings.address, error)
        }
    }

    private func bootstrap() -> ServerBootstrap {
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
            .childChannelInitializer { [loops, entrance] channel in loops.welcome(channel, at: entrance) }
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
