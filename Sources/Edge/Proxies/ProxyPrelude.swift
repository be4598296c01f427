// Reads the PROXY protocol's header before anything else of a connection, and leaves the pipeline with it.

internal import Configuration
internal import NIOCore

/// Stands first. What follows hears that the channel is active when the header is read, so that its clocks begin then and
/// no byte of the header reaches it. What is malformed, missing, or not there in time closes the channel without a word.
final class ProxyPrelude: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let peer: Peer
    private let limit: Duration
    private var bytes = ByteBuffer()
    private var alarm: Scheduled<Void>?

    /// - Parameter limit: how long the header may take.
    init(for peer: Peer, within limit: Duration) {
        self.peer = peer
        self.limit = limit
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        alarm = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limit)) { channel.close(promise: nil) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var more = Self.unwrapInboundIn(data)
        bytes.writeBuffer(&more)
        switch ProxyHeader(bytes.readableBytesView) {
        case .incomplete:
            return
        case .malformed:
            bytes.clear()
            context.close(promise: nil)
        case .complete(let length, let client):
            if let client { peer.address = client.description }
            bytes.moveReaderIndex(forwardBy: length)
            pass(context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // A client that closes its side before it has said who it is has nothing to ask.
        guard event as? ChannelEvent == .inputClosed else { return context.fireUserInboundEventTriggered(event) }
        context.close(promise: nil)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        alarm?.cancel()
        alarm = nil
    }

    /// What stands behind this begins, with what came behind the header.
    private func pass(_ context: ChannelHandlerContext) {
        context.fireChannelActive()
        if bytes.readableBytes > 0 { context.fireChannelRead(Self.wrapInboundOut(bytes)) }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }
}
