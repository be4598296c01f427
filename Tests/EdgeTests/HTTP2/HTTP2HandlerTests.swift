// An HTTP/2 connection as a handler in a pipeline that is made up: what no client can be made to do when it is wanted.

import Configuration
import NIOCore
import NIOEmbedded
import NIOSSL
import Pipeline
import Testing

@testable import Edge

@Suite struct HTTP2HandlerTests {
    private let channel = EmbeddedChannel()
    private let loop: LoopConnections

    init() throws {
        let settings = EdgeSettings(
            limits: LimitSettings(), timeouts: ServerTimeouts(), closing: ClosingTimes(),
            handler: ScriptedHandler { _ in nil })
        loop = LoopConnections(eventLoop: channel.eventLoop, settings: settings)
        try channel.connect(to: SocketAddress(ipAddress: "192.0.2.1", port: 1)).wait()
    }

    /// The connection of a client that has sent these bytes.
    private func connection(_ bytes: [UInt8]) throws -> HTTP2Connection {
        let choice = ProtocolChoice(in: loop, peer: Peer(channel, scheme: .https, trusted: TrustedProxies()))
        try channel.pipeline.syncOperations.addHandler(choice)
        try channel.writeInbound(ByteBuffer(bytes: bytes))
        return try channel.pipeline.syncOperations.handler(type: HTTP2Connection.self)
    }

    /// The kinds of the frames that were written since the last look.
    private func written() throws -> [FrameHeader.Kind?] {
        channel.embeddedEventLoop.run()
        var kinds: [FrameHeader.Kind?] = []
        while var bytes = try channel.readOutbound(as: ByteBuffer.self) {
            while let head = bytes.readBytes(length: FrameHeader.size) {
                let header = FrameHeader(head)
                bytes.moveReaderIndex(forwardBy: header.length)
                kinds.append(header.kind)
            }
        }
        return kinds
    }

    @Test func `a client that ends TLS without a farewell has only closed its side`() throws {
        let connection = try connection(Wire.hello + Wire.headers(1, Wire.get()))
        _ = try written()

        channel.pipeline.fireErrorCaught(NIOSSLError.uncleanShutdown)
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        connection.answer(Response(status: 200, body: [1]), on: 1)

        #expect(try written().suffix(2) == [.headers, .data])
        #expect(!channel.isActive)
    }

    @Test func `another error of TLS closes`() throws {
        let connection = try connection(Wire.hello + Wire.headers(1, Wire.get()))

        channel.pipeline.fireErrorCaught(NIOSSLError.readInInvalidTLSState)

        #expect(!channel.isActive)
        #expect(!connection.isOpen)
    }
}
