// Out of descriptors or memory the kernel offers the same connection again and again: accepting waits a moment instead
// of spinning.

internal import Glibc
internal import NIOCore

final class AcceptPause: ChannelInboundHandler {
    typealias InboundIn = any Channel

    /// Long enough to cost nothing, short enough to be no outage once there is room again.
    private let pause: TimeAmount
    private var isPaused = false

    init(_ pause: TimeAmount = .milliseconds(100)) {
        self.pause = pause
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? IOError, Self.isShortage(error.errnoCode), !isPaused {
            isPaused = true
            accept(false, context.channel)
            let channel = context.channel
            context.eventLoop.assumeIsolated().scheduleTask(in: pause) {
                self.isPaused = false
                self.accept(true, channel)
            }
        }
        context.fireErrorCaught(error)
    }

    /// By option, since after an error swift-nio does not ask handlers whether to read on.
    private func accept(_ isAccepting: Bool, _ channel: any Channel) {
        guard channel.isActive else { return }
        do {
            try channel.syncOptions?.setOption(.autoRead, value: isAccepting)
        } catch {
            // A listener that cannot even be told is beyond use.
            channel.close(promise: nil)
        }
    }

    private static func isShortage(_ code: CInt) -> Bool {
        code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM
    }
}
