// Answering of a connection: requests are handed over, also those that are refused, and their answers written.

internal import Configuration
internal import NIOCore
internal import Pipeline

extension Connection {
    func handOver(_ request: Request) {
        guard let recipient else { return }
        phase = .answering
        if settings.unaskedGiveWay { becomeBusy() }
        // The gateway has its own deadline; ours is only for a client that may have left.
        setDue(answersUntil)
        var request = request
        request.completed = now
        if request.id.isEmpty { request.id = loop.makeRequestID() }
        answersHead = request.method == .head
        exchange = settings.handler.handle(request, for: recipient)
    }

    /// Hands a request over that is at fault. Nothing behind it is read: where a malformed request ends is a guess, and
    /// what follows might have been meant for somebody else.
    ///
    /// - Parameter line: what can be said of the request, if its head was not decoded.
    func refuse(_ failure: Failure, line: RequestLine? = nil) {
        takesInput = false
        unread = ByteBuffer()
        closesAfterAnswer = true
        var request = incoming?.request ?? bare(line)
        request.refused = failure
        handOver(request)
    }

    private func bare(_ line: RequestLine?) -> Request {
        var request = Request(
            method: .other(line?.method ?? ""), path: "", client: peer.address, id: "",
            arrived: begun?.at ?? now, completed: now)
        request.take(peer.sender)
        if let line {
            request.method = Request.Method(name: line.method)
            if line.version == "HTTP/1.0" { request.transport = .http1_0 }
            // A target that makes no sense is not shown; one that does is shown as for any other request.
            do throws(Failure) {
                request.path = try RequestTarget(line.target, method: request.method).path
            } catch {
                request.path = ""
            }
        }
        return request
    }

    /// On the loop, with the answer to the request in progress.
    func answer(_ response: Response) {
        guard case .answering = phase else { return }
        exchange = nil
        now = .now
        let keepsAlive = incoming?.keepsAlive ?? false
        closesAfterAnswer =
            closesAfterAnswer || !keepsAlive || response.closesConnection || loop.phase != .serving
            || peer.isLeaving || isOld || isInputClosed && unread.readableBytes == 0
        var framing = ResponseFraming(omitsBody: answersHead)
        if closesAfterAnswer {
            framing.ending = .close
        } else if incoming?.request.transport == .http1_0 {
            framing.ending = .saidKeepAlive
        }
        phase = .writing
        write(response, framing: framing)
        guard case .writing = phase, let context else { return }
        if context.channel.isWritable {
            written()
        } else {
            let slow = SlowAnswer(left: context.channel.bytesLeft, settings.timeouts, at: now)
            slowAnswer = slow
            setDue(slow.nextLook(at: now))
        }
    }

    func write(_ response: Response, framing: ResponseFraming) {
        write(loop.bytes(of: response, framing: framing))
    }

    func writeContinue() {
        write(ByteBuffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n"))
    }

    func write(_ bytes: ByteBuffer) {
        isFlushing = true
        context?.writeAndFlush(Self.wrapOutboundOut(bytes), promise: nil)
        isFlushing = false
    }

    /// The channel counts as writable only while nothing waits to be written (see `Listener`).
    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if case .writing = phase, context.channel.isWritable, !isFlushing {
            // Not on this stack: swift-nio is in the middle of its flush.
            context.eventLoop.assumeIsolated().execute { self.writtenLater() }
        }
        context.fireChannelWritabilityChanged()
    }

    private func writtenLater() {
        guard case .writing = phase else { return }
        now = .now
        written()
    }

    /// Looks whether an answer on its way has moved, and leaves a client that does not take it.
    func lookAtSlowAnswer() {
        guard let slowAnswer, let context, slowAnswer.hasMoved(left: context.channel.bytesLeft, at: now) else {
            return close()
        }
        setDue(slowAnswer.nextLook(at: now))
    }

    /// The answer has left: on with the next request, or to the end.
    private func written() {
        slowAnswer = nil
        guard !closesAfterAnswer else { return finish() }
        phase = .head
        scan = HeadScan(settings.limits)
        begun = nil
        incoming = nil
        chunks = nil
        takeUp()
        guard case .head = phase else { return }
        if isInputClosed {
            // Nothing complete is left, and nothing more will come.
            close()
        } else if begun == nil {
            becomeIdle()
        }
    }
}
