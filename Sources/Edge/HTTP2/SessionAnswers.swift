// Answers of a session: their header sections, and their bodies piece by piece as the client's windows allow.

internal import CNGHTTP2
internal import NIOCore
internal import Pipeline

extension Session {
    /// Answers the request on `stream`, which has been received. `fill` writes it.
    ///
    /// - Parameter date: the value of `Date`.
    func answer(
        _ response: Response, on stream: RequestStream, at now: ContinuousClock.Instant, date: some Collection<UInt8>
    ) {
        self.now = now
        let progress = Progress(settings.timeouts, at: now)
        stream.phase = .answering(progress)
        owner.ring(by: progress.due)
        header.set(response, date: date)
        let hasBody = response.status != 304 && response.status != 204 && stream.request?.method != .head
        stream.body = hasBody ? response.body : []
        let code = header.withPairs { pairs in
            var source = nghttp2_data_provider(source: nghttp2_data_source(), read_callback: answerPart)
            guard !stream.body.isEmpty else {
                return nghttp2_submit_response(raw, stream.id, pairs.baseAddress, pairs.count, nil)
            }
            return nghttp2_submit_response(raw, stream.id, pairs.baseAddress, pairs.count, &source)
        }
        if code != 0 { reset(stream.id, .internalError) }
    }

    /// Tells the client to send the body it announced (RFC 9110, section 10.1.1).
    func sendContinue(on stream: RequestStream) {
        header.set(informational: 100)
        _ = header.withPairs { pairs in
            nghttp2_submit_headers(
                raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream.id, nil, pairs.baseAddress, pairs.count, nil)
        }
    }

    /// Answers that the client has not taken a piece of in time.
    func stalled(at now: ContinuousClock.Instant) -> [RequestStream] {
        streams.values.filter { stream in
            if case .answering(let progress) = stream.phase { progress.due <= now } else { false }
        }
    }

    /// All is said, but the client is not done. Telling it at once that the rest is not wanted (RFC 9113, section 8.1) makes
    /// some clients, curl 7.88 among them, forget the answer: so it may go on a little, as on an HTTP/1.1 connection.
    func linger(_ stream: RequestStream) {
        let until = now.advanced(by: settings.closing.linger)
        stream.phase = .answered(until: until)
        owner.ring(by: until)
    }

    /// Ends streams whose client goes on for too long.
    func cutLingering(at now: ContinuousClock.Instant) {
        for stream in streams.values {
            if case .answered(let until) = stream.phase, until <= now { cut(stream, .noError) }
        }
    }

    /// Ends a stream whose time is over.
    func cut(_ stream: RequestStream, _ code: ErrorCode) {
        stream.phase = .cut
        reset(stream.id, code)
    }

    /// For so long no answer could move.
    func answersWaited(_ time: Duration) {
        moved = moved.map { $0 + time }
        for stream in streams.values {
            guard case .answering(var progress) = stream.phase else { continue }
            progress.wait(time)
            stream.phase = .answering(progress)
        }
    }

    /// When the first of the answers on their way must have moved.
    var answersDue: ContinuousClock.Instant? {
        streams.values.compactMap { stream in
            if case .answering(let progress) = stream.phase { progress.due } else { nil }
        }.min()
    }

    /// When requests must be complete, and streams must have ended.
    var deadlines: [ContinuousClock.Instant] {
        streams.values.compactMap { stream in
            switch stream.phase {
            case .head, .body: stream.due
            case .handedOver, .answering, .cut: nil
            case .answered(let until): until
            }
        }
    }

    // What libnghttp2 calls.

    func nextPart(of id: Int32, atMost most: Int) -> (size: Int, isLast: Bool) {
        guard let stream = streams[id] else { return (0, true) }
        let rest = stream.body.count - stream.sent
        return (min(rest, most), rest <= most)
    }

    func write(_ count: Int, of id: Int32, behind header: UnsafeRawBufferPointer) -> Int32 {
        guard let stream = streams[id], case .answering(var progress) = stream.phase else {
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
        }
        output.writeBytes(header)
        output.writeBytes(stream.body[stream.sent..<stream.sent + count])
        stream.sent += count
        if progress.count(count, at: now) { moved = now }
        stream.phase = .answering(progress)
        floods.countSent(count)
        // Within one call libnghttp2 would go on with frame after frame.
        return output.readableBytes < Self.portion ? 0 : NGHTTP2_ERR_PAUSE.rawValue
    }
}
