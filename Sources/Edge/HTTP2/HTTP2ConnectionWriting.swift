// Writing of an HTTP/2 connection. What the session has to say is fetched only when the client has taken what was said
// before: so a client that does not read costs one portion, not all that is ready for it.

internal import Configuration
internal import NIOCore

extension HTTP2Connection {
    /// Writes after all answers that are on their way to this loop already: one write for them.
    func flushLater() {
        guard !willFlush, let context else { return }
        willFlush = true
        context.eventLoop.assumeIsolated().execute {
            self.willFlush = false
            self.now = .now
            self.flush()
        }
    }

    func flush() {
        guard let context, isOpen, !isFlushing else { return }
        while session.fault == nil, context.channel.isWritable {
            let bytes = loop.bytes { session.fill(&$0, at: now) }
            guard bytes.readableBytes > 0 else { break }
            write(bytes)
            guard isOpen else { return }
        }
        if let fault = session.fault { return end(with: fault) }
        // Streams end with what was written.
        judgeIdleness()
        if context.channel.isWritable {
            unblock()
            // All that can be written has left.
            if session.isOver || isPastAnswering { finish() }
        } else if blocked == nil {
            let answer = SlowAnswer(left: context.channel.bytesLeft, settings.timeouts, at: now)
            blocked = (now, answer)
            ring(by: answer.nextLook(at: now))
        }
    }

    /// All that was written has left for the kernel. Until then no answer could go on, whatever its windows: that time is
    /// not theirs.
    private func unblock() {
        guard let blocked, isOpen else { return }
        self.blocked = nil
        session.answersWaited(blocked.since.duration(to: now))
        if let due = session.answersDue { ring(by: due) }
    }

    /// The connection ends with a word on why, and without what the session still had to say.
    func end(with code: ErrorCode) {
        write(session.lastWord(code))
        finish()
    }

    /// The channel counts as writable only while nothing waits to be written (see `Listener`).
    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, !isFlushing {
            now = .now
            unblock()
            // Not on this stack: swift-nio is in the middle of its flush.
            flushLater()
        }
        context.fireChannelWritabilityChanged()
    }

    private func write(_ bytes: ByteBuffer) {
        isFlushing = true
        context?.writeAndFlush(Self.wrapOutboundOut(bytes), promise: nil)
        isFlushing = false
    }
}
