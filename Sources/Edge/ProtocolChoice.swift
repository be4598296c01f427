// A new connection of which nothing is known yet: TLS may say what it speaks, otherwise its first bytes do. Decided once,
// then another handler stands here and nothing of this is left in the way of requests.

internal import Configuration
internal import NIOCore
internal import NIOHTTP1
internal import NIOTLS

/// Used on its loop only.
final class ProtocolChoice: ChannelInboundHandler, RemovableChannelHandler, LoopMember {
    typealias InboundIn = ByteBuffer

    private let loop: LoopConnections
    /// What the connection begins by.
    private let settings: EdgeSettings
    let peer: Peer
    private var context: ChannelHandlerContext?
    /// The number by which the loop knows the connection, until another handler has it.
    private var slot: Int?
    private var first = ByteBuffer()
    /// When the first byte came.
    private var begun = ContinuousClock.now
    private var alarm: Scheduled<Void>?

    init(in loop: LoopConnections, peer: Peer) {
        self.loop = loop
        settings = loop.settings
        self.peer = peer
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let slot = loop.add(self)
        self.slot = slot
        // Not only once it is active: until the PROXY protocol's header has come it may be closed to make room, too.
        loop.becameIdle(slot)
    }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        setAlarm(in: settings.timeouts.idle)
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        leave()
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = Self.unwrapInboundIn(data)
        if first.readableBytes == 0 {
            begun = .now
            if let slot, !settings.unaskedGiveWay { loop.becameBusy(slot) }
            first = bytes
        } else {
            first.writeBuffer(&bytes)
        }
        switch Preface.judge(first.readableBytesView) {
        case .http1: speakHTTP1()
        case .http2: speakHTTP2()
        case .undecided: setAlarm(in: settings.timeouts.headers)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted(let agreed) = event as? TLSUserEvent {
            // Without an agreement the first bytes decide.
            if agreed == "h2" { speakHTTP2() } else if agreed == "http/1.1" { speakHTTP1() }
        } else if event as? ChannelEvent == .inputClosed {
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func close() { context?.close(promise: nil) }

    var unanswered: Int { 0 }

    func beginEnding() {}

    func giveUp() { close() }

    private func setAlarm(in time: Duration) {
        alarm?.cancel()
        alarm = context?.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(time)) { self.expire() }
    }

    private func expire() {
        // Whoever began with HTTP/2's first letters and stopped is told so in HTTP/1.1, like all who are too slow.
        if first.readableBytes == 0 { close() } else { speakHTTP1() }
    }

    private func speakHTTP1() {
        become { context, slot in
            let connection = Connection(in: loop, by: settings, peer: peer, slot: slot)
            let pipeline = context.pipeline.syncOperations
            try pipeline.addHandler(connection, position: .after(self))
            let decoder = ByteToMessageHandler(
                HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: .init(settings.limits)))
            try pipeline.addHandler(decoder, position: .after(connection))
            try pipeline.addHandler(DecodedParts(for: connection), position: .after(decoder))
            return { connection.start(with: $0, since: $1) }
        }
    }

    private func speakHTTP2() {
        become { context, slot in
            let connection = HTTP2Connection(in: loop, by: settings, peer: peer, slot: slot)
            try context.pipeline.syncOperations.addHandler(connection, position: .after(self))
            return { bytes, _ in connection.start(with: bytes) }
        }
    }

    /// - Parameter makeNext: adds the handlers to come and returns what starts them.
    private func become(
        _ makeNext: (ChannelHandlerContext, Int) throws -> (ByteBuffer, ContinuousClock.Instant) -> Void
    ) {
        guard let context, let slot else { return }
        alarm?.cancel()
        do {
            let start = try makeNext(context, slot)
            self.slot = nil
            let bytes = first
            first = ByteBuffer()
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
            start(bytes, begun)
        } catch {
            // The channel is closing already.
            context.close(promise: nil)
        }
    }

    private func leave() {
        alarm?.cancel()
        alarm = nil
        guard let slot else { return }
        self.slot = nil
        loop.remove(slot)
    }
}

extension NIOHTTPDecoderLimitConfiguration {
    /// Heads and trailers are measured before they are decoded, each by itself. The decoder counts them together, so its
    /// limits are those of both: never less than ours.
    init(_ limits: LimitSettings) {
        self.init()
        maxHeaderFieldSize = max(limits.requestLine, limits.headers)
        maxHeaderListSize = limits.requestLine + 2 * limits.headers
        maxHeaderFieldCount = 2 * limits.headerCount
    }
}
