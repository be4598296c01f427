// One client's connection, spoken to in HTTP/2: many requests at once, each on its stream.
//
// The protocol is in `Session`; here is what has to do with the channel: reading, the end, and the places of requests.
// Writing is in `HTTP2ConnectionWriting`, what happens by the clock in `HTTP2ConnectionClock`.

internal import Configuration
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
internal import Pipeline

/// Used on its loop only; `StreamRecipient` is the way in from other threads.
final class HTTP2Connection: ChannelInboundHandler, LoopMember {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Phase {
        /// New streams are taken.
        case open
        /// The client is told to open no more, and has until the instant to hear it. Streams that it opens all the same are
        /// taken: HAProxy 2.6 heeds only the first of the two GOAWAY frames of a graceful end, and would lose what it sends
        /// after the second. Becomes draining when no stream has come for a while, or when the gateway drains.
        case announced(until: ContinuousClock.Instant)
        /// What is open is finished.
        case draining
        /// The last word is written; what still comes is dropped until the client closes too.
        case ending
        case ended
    }

    let loop: LoopConnections
    /// What it began by; those of the loop may change.
    let settings: EdgeSettings
    let peer: Peer
    /// The number by which the loop knows it.
    private var slot: Int?
    private let life = ConnectionLife()

    var phase = Phase.open
    var context: ChannelHandlerContext?
    // Made when the channel is there, and never let go before the connection: libnghttp2 may be on the stack.
    private var begun: Session?
    /// Requests of streams that have ended, whose work has not.
    private var leaving = 0

    // Writing.
    /// Whether a write is on the stack.
    var isFlushing = false
    /// Whether a task is waiting that writes.
    var willFlush = false
    /// Since when something of what was written waits for the client to take it, and how that moves.
    var blocked: (since: ContinuousClock.Instant, answer: SlowAnswer)?

    // The clock.
    /// When the loop last came here.
    var now = ContinuousClock.now
    let born: ContinuousClock.Instant
    var idleSince: ContinuousClock.Instant?
    /// Until when a client that has closed its side is still answered; nil while it has not.
    var answersUntil: ContinuousClock.Instant?
    var lingersUntil: ContinuousClock.Instant?
    var alarm: (rings: Scheduled<Void>, at: ContinuousClock.Instant)?

    init(in loop: LoopConnections, by settings: EdgeSettings, peer: Peer, slot: Int) {
        self.loop = loop
        self.settings = settings
        self.peer = peer
        self.slot = slot
        born = now
        loop.replace(slot, by: self)
    }

    var session: Session {
        if let begun { return begun }
        let session = Session(settings, kind: loop.sessionKind, owner: self, at: now)
        begun = session
        return session
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    /// Begins with what was read already.
    func start(with bytes: ByteBuffer) {
        judgeIdleness()
        ring(by: born.advanced(by: settings.timeouts.connectionAge))
        ring(by: now.advanced(by: settings.closing.settings))
        if bytes.readableBytes > 0 { take(bytes) }
        flush()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        now = .now
        take(Self.unwrapInboundIn(data))
    }

    /// One write for all that came at once.
    func channelReadComplete(context: ChannelHandlerContext) {
        flush()
        context.fireChannelReadComplete()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
        self.context = nil
    }

    /// An error of the socket, where swift-nio closes the channel of itself if it must, or of TLS.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A client that closes its side in TCP but not in TLS: frames have lengths, and what is whole is answered.
        if let error = error as? NIOSSLError, error == .uncleanShutdown { return }
        context.close(promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event as? ChannelEvent == .inputClosed else { return context.fireUserInboundEventTriggered(event) }
        now = .now
        guard isOpen, !session.streams.isEmpty else { return close() }
        // It may still read: what is ready soon is delivered.
        let until = now.advanced(by: settings.closing.halfClosed)
        answersUntil = until
        session.takeNoMore()
        phase = .draining
        ring(by: until)
    }

    /// Whether requests are in progress, or may come.
    var isOpen: Bool {
        switch phase {
        case .open, .announced, .draining: true
        case .ending, .ended: false
        }
    }

    var unanswered: Int { begun?.streams.values.count { $0.isUnanswered } ?? 0 }

    func close() {
        context?.close(promise: nil)
    }

    func beginEnding() {
        // A client that reads GOAWAY before it has sent its first request would send none.
        guard case .open = phase, session.wasUsed else { return }
        now = .now
        let until = now.advanced(by: settings.closing.linger)
        phase = .announced(until: until)
        session.announceEnd()
        ring(by: until)
        flush()
    }

    func beginDraining() {
        now = .now
        if case .announced(let until) = phase, until <= now { takeNoMore() }
    }

    func giveUp() {
        guard isOpen else { return close() }
        let exchanges = session.streams.values.compactMap(\.exchange)
        guard !exchanges.isEmpty else { return close() }
        for exchange in exchanges { exchange.giveUp() }
        phase = .draining
        session.takeNoMore()
        flushLater()
    }

    /// What is open is finished; what is opened from now on is not taken.
    func takeNoMore() {
        guard case .announced = phase else { return }
        phase = .draining
        session.takeNoMore()
        flushLater()
    }

    /// Closes after what is written, in a way that lets the client read it.
    func finish() {
        guard isOpen else { return }
        phase = .ending
        abandon()
        guard answersUntil == nil else { return close() }
        context?.close(mode: .output, promise: nil)
        let until = now.advanced(by: settings.closing.linger)
        lingersUntil = until
        ring(by: until)
    }

    private func take(_ bytes: ByteBuffer) {
        guard isOpen else { return }
        bytes.withUnsafeReadableBytes { session.receive($0, at: now) }
        if loop.phase != .serving || peer.isLeaving || born + settings.timeouts.connectionAge <= now { beginEnding() }
        judgeIdleness()
    }

    func judgeIdleness() {
        defer { if settings.unaskedGiveWay { judgeAsked() } }
        let isIdle = begun?.streams.isEmpty ?? true && leaving == 0
        guard isIdle != (idleSince != nil), let slot else { return }
        if isIdle {
            idleSince = now
            loop.becameIdle(slot)
            let isAnnounced = if case .announced = phase { true } else { false }
            ring(by: now.advanced(by: isAnnounced ? settings.closing.linger : settings.timeouts.idle))
        } else {
            idleSince = nil
            loop.becameBusy(slot)
        }
    }

    /// Whether it makes room for others is not a matter of idleness, but of whether a request is with the gateway.
    private func judgeAsked() {
        guard let slot else { return }
        let hasAsked = leaving > 0 || begun?.streams.values.contains(where: \.hasAsked) == true
        if hasAsked { loop.becameBusy(slot) } else { loop.becameIdle(slot) }
    }

    private func end() {
        guard let slot else { return }
        self.slot = nil
        phase = .ended
        life.end()
        alarm?.rings.cancel()
        alarm = nil
        loop.remove(slot)
        abandon()
    }

    /// Cancels all requests in progress.
    private func abandon() {
        for stream in begun?.streams.values ?? [:].values {
            stream.exchange?.cancel()
            stream.exchange = nil
        }
    }
}

extension HTTP2Connection: SessionOwner {
    var hasPlace: Bool { session.streams.count + leaving < settings.limits.streams }

    func receive(_ request: Request, on stream: RequestStream) {
        guard isOpen, let context else { return }
        var request = request
        if request.id.isEmpty { request.id = loop.makeRequestID() }
        let recipient = StreamRecipient(self, life: life, stream: stream.id, eventLoop: context.eventLoop)
        stream.exchange = settings.handler.handle(request, for: recipient)
    }

    func ended(_ stream: RequestStream) {
        guard let exchange = stream.exchange else { return }
        stream.exchange = nil
        leaving += 1
        exchange.cancel()
    }

    func announcementArrived() {
        guard case .announced = phase else { return }
        if loop.phase == .draining { return takeNoMore() }
        phase = .announced(until: now)
        // Idle since before: nothing else would look.
        if idleSince != nil { ring(by: now.advanced(by: settings.closing.linger)) }
    }

    /// Whether a client that was told to open no more streams has had its time, as of `now`.
    var hasHadItsTime: Bool {
        guard case .announced(let until) = phase, until <= now else { return false }
        guard loop.phase != .draining else { return true }
        return idleSince.map { $0 + settings.closing.linger <= now } ?? false
    }

    /// On the loop, with the answer to a stream's request.
    func answer(_ response: Response, on id: Int32) {
        guard let stream = begun?.streams[id], stream.exchange != nil else { return released(id) }
        stream.exchange = nil
        now = .now
        session.answer(response, on: stream, at: now, date: loop.date)
        flushLater()
    }

    /// On the loop: the work for a request is gone, and usually its stream.
    func released(_ id: Int32) {
        now = .now
        if let stream = begun?.streams[id], stream.exchange != nil {
            stream.exchange = nil
            session.reset(id, .internalError)
            return flushLater()
        }
        leaving -= 1
        judgeIdleness()
    }
}
