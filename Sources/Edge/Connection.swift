// One client's connection, spoken to in HTTP/1.1: a request is read, handed over, answered, then the next.
//
// The connection stands on both sides of swift-nio's decoder: as the first handler of the channel it feeds the decoder
// exactly one request, and `DecodedParts` behind the decoder tells it what came out. Reading is in `ConnectionReading`,
// answering in `ConnectionAnswering`, what happens by the clock in `ConnectionClock`.

internal import Configuration
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
internal import Pipeline

/// Used on its loop only; `Recipient` is the way in from other threads.
final class Connection: ChannelDuplexHandler, LoopMember {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Phase {
        /// Between requests, or within a head. Becomes body with the head's last byte.
        case head
        /// So much of a body is still to be read and thrown away. Becomes answering with its last byte.
        case body(BodyFraming)
        /// The request is handed over. Becomes writing with the answer, or streaming.
        case answering
        /// The client has not taken all of the answer yet. Becomes head, or ending.
        case writing
        /// An answer is on its way that goes on until somebody ends it. Becomes ending, or ended.
        case streaming
        /// The last answer is written; what still comes is dropped until the client closes too.
        case ending
        case ended
    }

    let loop: LoopConnections
    /// What it began by; those of the loop may change.
    let settings: EdgeSettings
    /// Who is at the other end.
    let peer: Peer

    var phase = Phase.head
    var context: ChannelHandlerContext?
    var recipient: Recipient?
    /// The request in progress, to be cancelled if the client leaves.
    var exchange: (any Exchange)?
    /// The number by which the loop knows it.
    private var slot: Int?

    // Reading.
    /// Bytes that came and are not decoded yet: an incomplete head, or requests sent before the last was answered.
    var unread = ByteBuffer()
    /// When the first of them came.
    var unreadSince = ContinuousClock.now
    var scan: HeadScan
    /// When the first byte of the request came, and when it is to be complete; nil between requests.
    var begun: (at: ContinuousClock.Instant, due: ContinuousClock.Instant)?
    /// The head that the decoder is looking at.
    var decoding = ByteBuffer()
    /// What is known of the request in progress.
    var incoming: IncomingRequest?
    /// How far a chunked body is read; nil while there is none.
    var chunks: ChunkScan?
    /// False after what cannot be followed by another request: all that comes is dropped.
    var takesInput = true
    /// Until when a client that has closed its side is still answered; nil while it has not.
    var answersUntil: ContinuousClock.Instant?
    var isInputClosed: Bool { answersUntil != nil }
    var isPaused = false
    var wantsRead = false

    // Answering.
    var closesAfterAnswer = false
    /// Whether the request in progress is a HEAD, whose answer has no body.
    var answersHead = false
    /// Whether a write is on the stack, which swift-nio must come back from before the connection goes on.
    var isFlushing = false
    /// How an answer moves that did not leave at once.
    var slowAnswer: SlowAnswer?

    // The clock.
    /// When the loop last came here.
    var now = ContinuousClock.now
    private let born = ContinuousClock.now
    var due: ContinuousClock.Instant?
    var alarm: (rings: Scheduled<Void>, at: ContinuousClock.Instant)?

    /// A connection that the loop knows by `slot` already.
    init(in loop: LoopConnections, by settings: EdgeSettings, peer: Peer, slot: Int) {
        self.loop = loop
        self.settings = settings
        self.peer = peer
        self.slot = slot
        scan = HeadScan(settings.limits)
        loop.replace(slot, by: self)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        recipient = Recipient(self, eventLoop: context.eventLoop)
    }

    /// Begins with what was read already, the first of it at an instant.
    func start(with bytes: ByteBuffer, since: ContinuousClock.Instant) {
        becomeIdle()
        guard bytes.readableBytes > 0 else { return }
        now = .now
        unread = bytes
        unreadSince = since
        takeUp()
        guard case .head = phase, begun != nil else { return }
        // The time it took to tell the protocol is part of the client's.
        let due = since.advanced(by: settings.timeouts.headers)
        begun?.due = due
        setDue(due)
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
        // A client that closes its side in TCP but not in TLS: HTTP has lengths of its own that tell a whole request.
        if let error = error as? NIOSSLError, error == .uncleanShutdown { return }
        context.close(promise: nil)
    }

    func becomeIdle() {
        if let slot { loop.becameIdle(slot) }
        let isLeaving = loop.phase == .draining || peer.isLeaving
        setDue(now.advanced(by: isLeaving ? settings.closing.lastRequest : settings.timeouts.idle))
    }

    /// Whether its next answer is to be its last: clients that come again find new gateways.
    var isOld: Bool { now >= born + settings.timeouts.connectionAge }

    /// A part of a request has come.
    func beginAsking() {
        guard let slot else { return }
        if settings.unaskedGiveWay { loop.becameIdle(slot) } else { loop.becameBusy(slot) }
    }

    func becomeBusy() {
        if let slot { loop.becameBusy(slot) }
    }

    var unanswered: Int {
        switch phase {
        case .answering, .writing, .streaming: 1
        case .head, .body, .ending, .ended: 0
        }
    }

    /// HTTP/1.1 has no word for it between answers; a client that goes on sending is answered with `Connection: close`.
    func beginEnding() {}

    func giveUp() {
        guard case .answering = phase, let exchange else { return close() }
        exchange.giveUp()
    }

    func close() {
        context?.close(promise: nil)
    }

    /// Closes after the last answer, in a way that lets the client read it.
    func finish() {
        phase = .ending
        takesInput = false
        unread = ByteBuffer()
        guard !isInputClosed else { return close() }
        context?.close(mode: .output, promise: nil)
        setDue(now.advanced(by: settings.closing.linger))
        // Until the client's own end is read, nothing tells that it has come.
        resumeReading()
    }

    private func end() {
        guard let slot else { return }
        self.slot = nil
        phase = .ended
        takesInput = false
        unread = ByteBuffer()
        stopClock()
        loop.remove(slot)
        recipient?.leave()
        // The recipient knows the connection, and it the recipient.
        recipient = nil
        exchange?.cancel()
        exchange = nil
    }
}
