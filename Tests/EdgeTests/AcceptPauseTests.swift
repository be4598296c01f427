// Accepting when the process has run out of descriptors.

import Glibc
import NIOCore
import NIOPosix
import Testing

@testable import Edge

@Suite struct AcceptPauseTests {
    @Test func `accepting pauses after a shortage, and goes on`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let (accepted, arrivals) = AsyncStream.makeStream(of: ContinuousClock.Instant.self)
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.maxMessagesPerRead, value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptPause(.milliseconds(50)))
                }
            }
            .childChannelInitializer { channel in
                arrivals.yield(.now)
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = listener.localAddress?.port ?? 0
        let start = ContinuousClock.now

        try await listener.eventLoop.submit {
            listener.pipeline.fireErrorCaught(IOError(errnoCode: EMFILE, reason: "accept"))
        }.get()
        // The first is under way already when the error comes.
        let clients = [try Client(port: port), try Client(port: port)]
        var times = accepted.makeAsyncIterator()
        _ = await times.next()
        let second = try #require(await times.next())

        #expect(start.duration(to: second) >= .milliseconds(50))
        for client in clients { client.close() }
        try await group.shutdownGracefully()
    }
}
