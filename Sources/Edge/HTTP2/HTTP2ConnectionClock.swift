// What an HTTP/2 connection does by the clock. One alarm for all its deadlines: when it rings it looks at what is due and
// sets itself for the next.

internal import Configuration
internal import NIOCore
internal import Pipeline

extension HTTP2Connection {
    /// Makes sure that the alarm rings at `instant` at the latest.
    func ring(by instant: ContinuousClock.Instant) {
        if let alarm {
            guard instant < alarm.at else { return }
            alarm.rings.cancel()
        }
        guard let context else { return }
        // Never at once: what is due and cannot be done, since nothing can be written, must not keep the loop busy.
        let delay = TimeAmount(max(.milliseconds(1), now.duration(to: instant)))
        alarm = (context.eventLoop.assumeIsolated().scheduleTask(in: delay) { self.ring() }, instant)
    }

    private func ring() {
        alarm = nil
        now = .now
        switch phase {
        case .open, .announced, .draining: look()
        case .ending: if lingersUntil.map({ $0 <= now }) ?? true { close() }
        case .ended: return
        }
        if let next = deadlines().min() { ring(by: next) }
    }

    private func look() {
        let timeouts = settings.timeouts
        session.now = now
        if isPastAnswering { cancelUnanswered() }
        // It does not even take what was written: no last word would arrive.
        if let blocked, let context, !blocked.answer.hasMoved(left: context.channel.bytesLeft, at: now) {
            return close()
        }
        if !session.isAgreed, born + settings.closing.settings <= now { return end(with: .settingsTimeout) }
        if let idleSince, idleSince + timeouts.idle <= now { return end(with: .noError) }
        if hasHadItsTime { takeNoMore() }
        if case .open = phase, born + timeouts.connectionAge <= now { beginEnding() }
        refuseOverdue()
        giveUpStalled()
        session.cutLingering(at: now)
        flush()
    }

    /// Whether a client has closed its side for so long that no further answer is written to it. What was ready before is
    /// still written, as far as its windows are open: it will not open them any more.
    var isPastAnswering: Bool { answersUntil.map { $0 <= now } ?? false }

    private func cancelUnanswered() {
        for stream in session.streams.values { ended(stream) }
    }

    private func refuseOverdue() {
        for stream in session.overdue(at: now) {
            // Within a header section nothing can be answered, on this stream or on another.
            guard case .body = stream.phase else { return end(with: .enhanceYourCalm) }
            session.refuse(
                stream,
                Failure(
                    .requestTimeout, .downstream,
                    "the request was not complete within \(settings.timeouts.headers)"))
        }
    }

    /// An answer that is not taken ends. If others were taken in the meantime that is all: the client reads, and has a
    /// reason of its own to leave this one. Else no further is given.
    private func giveUpStalled() {
        // The client takes what was written, at its pace; what is behind that cannot have moved.
        guard blocked == nil else { return }
        let stalled = session.stalled(at: now)
        guard !stalled.isEmpty else { return }
        for stream in stalled { session.cut(stream, .cancel) }
        if let moved = session.moved, now < moved + settings.timeouts.write { return }
        if case .draining = phase { return }
        phase = .draining
        session.takeNoMore(.enhanceYourCalm)
    }

    private func deadlines() -> [ContinuousClock.Instant] {
        let timeouts = settings.timeouts
        switch phase {
        case .ended: return []
        case .ending: return lingersUntil.map { [$0] } ?? []
        case .open, .announced, .draining: break
        }
        var instants = session.deadlines
        // One that was never used is looked at again with its first request.
        if case .open = phase, now < born + timeouts.connectionAge { instants.append(born + timeouts.connectionAge) }
        if case .announced(let until) = phase {
            if now < until { instants.append(until) }
            if let idleSince { instants.append(max(until, idleSince + settings.closing.linger)) }
        }
        if !session.isAgreed { instants.append(born + settings.closing.settings) }
        if let idleSince { instants.append(idleSince + timeouts.idle) }
        if let blocked {
            instants.append(blocked.answer.nextLook(at: now))
        } else if let due = session.answersDue {
            instants.append(due)
        }
        if let answersUntil, now < answersUntil { instants.append(answersUntil) }
        return instants
    }
}
