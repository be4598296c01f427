// Out of descriptors or memory the kernel offers the same connection again and again: accepting waits a moment instead
// of spinning.

internal import Glibc
internal import NIOCore

final class AcceptPause: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never
    typealias OutboundOut = Never

    /// Long enough to cost nothing, short enough to be no outage once there is room again.
    private let pause: TimeAmount
    private var isPaused = false
    private var wantsRead = false

    init(_ pause: TimeAmount = .milliseconds(100)) {
        self.pause = pause
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? IOError, Self.isShortage(error.errnoCode), !isPaused {
            isPaused = true
            let loopBound = context.loopBound
            context.eventLoop.assumeIsolated().scheduleTask(in: pause) { self.goOn(loopBound.value) }
        }
        context.fireErrorCaught(error)
    }

    func read(context: ChannelHandlerContext) {
        if isPaused { wantsRead = true } else { context.read() }
    }

    private func goOn(_ context: ChannelHandlerContext) {
        isPaused = false
        guard wantsRead else { return }
        wantsRead = false
        context.read()
    }

    private static func isShortage(_ code: CInt) -> Bool {
        code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM
    }
}
