// A limit on how long a client may take for its TLS handshake.

internal import Configuration
internal import NIOCore
internal import NIOTLS

/// Closes a channel whose handshake is not done in time. Stands behind TLS, and leaves the pipeline when the handshake is
/// done, so that no read passes it afterwards.
final class HandshakeTimer: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let limit: Duration
    private var alarm: Scheduled<Void>?

    init(_ limit: Duration) {
        self.limit = limit
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        alarm = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limit)) { channel.close(promise: nil) }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        context.fireUserInboundEventTriggered(event)
        guard case .handshakeCompleted? = event as? TLSUserEvent else { return }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        alarm?.cancel()
        alarm = nil
    }
}
