// What a connection does by the clock. Deadlines move with every request, so the timer is not moved with them: when it
// rings it looks at what is due by then and sets itself anew. Only a deadline before the next ring moves it.

internal import Configuration
internal import NIOCore
internal import Pipeline

extension Connection {
    /// Sets when the phase must be over. Nil: it may take as long as it takes.
    func setDue(_ instant: ContinuousClock.Instant?) {
        due = instant
        guard let instant else { return }
        if let alarm {
            guard instant < alarm.at else { return }
            alarm.rings.cancel()
        }
        setAlarm(at: instant)
    }

    func stopClock() {
        due = nil
        alarm?.rings.cancel()
        alarm = nil
    }

    private func setAlarm(at instant: ContinuousClock.Instant) {
        guard let context else { return }
        let delay = TimeAmount(max(.zero, now.duration(to: instant)))
        alarm = (context.eventLoop.assumeIsolated().scheduleTask(in: delay) { self.ring() }, instant)
    }

    private func ring() {
        alarm = nil
        guard let due else { return }
        now = .now
        guard now >= due else { return setAlarm(at: due) }
        self.due = nil
        expire()
    }

    private func expire() {
        switch phase {
        case .head where begun == nil:
            close()
        case .head, .body:
            refuse(
                Failure(
                    .requestTimeout, .downstream,
                    "the request was not complete within \(settings.timeouts.headers)"),
                line: RequestLine(head: unread))
        case .writing:
            lookAtSlowAnswer()
        case .answering, .ending:
            // A client that has closed its side and waited long enough, one that does not close.
            close()
        case .streaming, .ended:
            break
        }
    }
}
