// Reading of a connection: bytes become one request at a time.
//
// While a request is in progress reading goes on, or nothing would tell that the client has left; but the first bytes
// that come then are kept and reading pauses. So what a client sends ahead costs one read's bytes of memory.

internal import Configuration
internal import NIOCore
internal import NIOHTTP1
internal import Pipeline

extension Connection {
    /// A client that closed its side behind requests sent ahead: swift-nio then reads all that the kernel holds, paused
    /// or not. What is beyond this is not kept, and the requests in it are not answered.
    private static let mostUnread = 256 * 1024

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard takesInput else { return }
        var bytes = Self.unwrapInboundIn(data)
        now = .now
        if unread.readableBytes == 0 {
            unread = bytes
            unreadSince = now
        } else {
            unread.writeBuffer(&bytes)
        }
        if unread.readableBytes > Self.mostUnread { takesInput = false }
        takeUp()
    }

    func read(context: ChannelHandlerContext) {
        if isPaused { wantsRead = true } else { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // Not passed on: the decoder must not end with the client's side, requests sent before it may still wait here.
        guard event as? ChannelEvent == .inputClosed else { return context.fireUserInboundEventTriggered(event) }
        now = .now
        answersUntil = now.advanced(by: settings.closing.halfClosed)
        switch phase {
        case .head, .body: close()
        case .answering: setDue(answersUntil)
        case .streaming: close()
        case .writing, .ending, .ended: break
        }
    }

    /// Takes up what was read, as far as the phase allows.
    func takeUp() {
        while unread.readableBytes > 0, takeUpOne() {}
        switch phase {
        case .answering where unread.readableBytes > 0, .writing where unread.readableBytes > 0,
            .streaming where unread.readableBytes > 0:
            isPaused = true
        default: resumeReading()
        }
    }

    func resumeReading() {
        isPaused = false
        guard wantsRead else { return }
        wantsRead = false
        context?.read()
    }

    /// Returns whether there may be more to do.
    private func takeUpOne() -> Bool {
        switch phase {
        case .head: return takeUpHead()
        case .body(let rest): return takeUpBody(rest)
        case .answering, .writing, .streaming: return false
        case .ending, .ended: unread = ByteBuffer()
        }
        return true
    }

    private func takeUpHead() -> Bool {
        switch unread.withUnsafeReadableBytes({ scan.look(at: $0) }) {
        case .blank(let length):
            unread.moveReaderIndex(forwardBy: length)
            scan = HeadScan(settings.limits)
            return true
        case .incomplete:
            // Half an empty line is as little the start of a request as a whole one.
            if unread.readableBytes == 1, unread.readableBytesView.first == UInt8(ascii: "\r") { return false }
            begin()
            setDue(begun?.due)
            return false
        case .refused(let failure):
            begin()
            refuse(failure, line: RequestLine(head: unread))
            return false
        case .complete(let length):
            begin()
            decode(length)
            return true
        }
    }

    private func begin() {
        guard begun == nil else { return }
        beginAsking()
        begun = (unreadSince, now.advanced(by: settings.timeouts.headers))
    }

    private func decode(_ length: Int) {
        guard let head = take(length) else { return }
        decoding = head
        feed(head)
        decoding = ByteBuffer()
        switch phase {
        // A complete head makes the decoder say something, and a request without body ends with it.
        case .head: refuse(.malformed("the request cannot be decoded"))
        case .body(.none): refuse(.malformed("the length of the body is not clear"))
        default: break
        }
    }

    private func takeUpBody(_ rest: BodyFraming) -> Bool {
        switch rest {
        case .none:
            // Its end is handed over where it is found.
            return false
        case .length(let length):
            let part = min(length, unread.readableBytes)
            take(part, isLast: part == length, rest: .length(length - part))
            return true
        case .chunked:
            var chunks = self.chunks ?? ChunkScan(settings.limits)
            let found = unread.withUnsafeReadableBytes { chunks.look(at: $0) }
            self.chunks = chunks
            switch found {
            case .more(let length): take(length, isLast: false, rest: .chunked)
            case .complete(let length): take(length, isLast: true, rest: .chunked)
            case .refused(let failure): refuse(failure)
            }
            // What is left then is a trailer's line without its end.
            return unread.readableBytes == 0
        }
    }

    /// Feeds the next bytes of the body. The decoder must take it to end where we do.
    private func take(_ length: Int, isLast: Bool, rest: BodyFraming) {
        phase = .body(isLast ? .none : rest)
        guard length > 0 else { return }
        take(length).map(feed)
        if isLast, case .body = phase { refuse(.malformed("the length of the body is not clear")) }
    }

    /// The first so many bytes of what is unread.
    private func take(_ length: Int) -> ByteBuffer? {
        guard length == unread.readableBytes else { return unread.readSlice(length: length) }
        defer { unread = ByteBuffer() }
        return unread
    }

    private func feed(_ bytes: ByteBuffer) {
        context?.fireChannelRead(Self.wrapInboundOut(bytes))
    }
}

// What the decoder found, on the stack of `feed`.
extension Connection {
    func decoded(_ head: HTTPRequestHead) {
        guard case .head = phase else { return }
        var incoming = IncomingRequest(
            head, from: peer, arrived: begun?.at ?? now, limits: settings.limits)
        if settings.keepsHost { incoming.request.host = incoming.host }
        self.incoming = incoming
        if let refusal = incoming.refusal { return refuse(refusal) }
        phase = .body(incoming.framing)
        guard incoming.framing != .none else { return }
        setDue(begun?.due)
        // Not if the body is there already (RFC 9110, section 10.1.1).
        if incoming.expectsContinue, unread.readableBytes == 0 { writeContinue() }
    }

    func decodedEnd() {
        guard case .body(let rest) = phase, let incoming else { return }
        guard rest == .none else { return refuse(.malformed("the length of the body is not clear")) }
        handOver(incoming.request)
    }

    func decodingFailed(_ error: any Error) {
        switch phase {
        case .head:
            let line = RequestLine(head: decoding)
            refuse(.undecodable(error, line: line), line: line)
        case .body:
            refuse(.undecodable(error, line: nil))
        case .answering, .writing, .streaming, .ending, .ended:
            break
        }
    }
}
