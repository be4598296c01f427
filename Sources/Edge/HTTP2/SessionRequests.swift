// Requests of a session: what libnghttp2 decoded becomes a request, or what is wrong with it.

internal import CNGHTTP2
internal import Configuration
internal import Pipeline

// What libnghttp2 calls, in this order for each stream.
extension Session {
    func begin(_ id: Int32) -> Int32 {
        guard owner.hasPlace else {
            reset(id, .refusedStream)
            if !floods.countRefusal(isLimitKnown: isAgreed, at: now) { end(.enhanceYourCalm) }
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
        }
        floods.countRequest()
        let stream = RequestStream(id, settings: settings, believesProxies: owner.peer.isTrusted, at: now)
        streams[id] = stream
        owner.ring(by: stream.due)
        return 0
    }

    /// A field of a header section, or of trailers.
    func take(name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>, on id: Int32) -> Int32 {
        guard let stream = streams[id] else { return 0 }
        let isPseudo = name.first == UInt8(ascii: ":")
        switch stream.bounds.count(name: name.count, value: value.count, isPseudo: isPseudo) {
        case .within: break
        case .over: stream.refuse(stream.bounds.failure)
        case .absurd:
            end(.enhanceYourCalm)
            return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
        }
        if case .head = stream.phase, stream.refusal == nil { stream.take(name, value) }
        return 0
    }

    /// A header section or trailers are complete.
    func headEnded(_ frame: nghttp2_frame) {
        guard let stream = streams[frame.hd.stream_id] else { return }
        if frame.hd.flags & FrameHeader.endStream != 0 { stream.isComplete = true }
        switch stream.phase {
        case .head: requestBegan(stream)
        // Trailers: nothing of them is kept, and nothing of them is wrong but their size.
        case .body: handOver(stream)
        case .handedOver, .answering, .answered, .cut: break
        }
    }

    func takeBody(_ count: Int, on id: Int32) {
        guard let stream = streams[id], case .body = stream.phase else { return }
        stream.bodySize += count
        guard stream.bodySize > settings.limits.body else { return }
        refuse(stream, .tooMuch(.bodyTooLarge, "the body", limit: settings.limits.body))
    }

    func bodyEnded(_ id: Int32) {
        guard let stream = streams[id] else { return }
        stream.isComplete = true
        if case .body = stream.phase { handOver(stream) }
    }
}

extension Session {
    /// Hands a request over that is at fault; what it still sends is dropped.
    func refuse(_ stream: RequestStream, _ failure: Failure) {
        stream.refuse(failure)
        handOver(stream)
    }

    /// Requests that are not complete in time.
    func overdue(at now: ContinuousClock.Instant) -> [RequestStream] {
        streams.values.filter { stream in
            switch stream.phase {
            case .head, .body: stream.due <= now
            case .handedOver, .answering, .answered, .cut: false
            }
        }
    }

    private func requestBegan(_ stream: RequestStream) {
        guard stream.namesOneHost else { return reset(stream.id, .protocolError) }
        stream.makeRequest(from: owner.peer, limits: settings.limits)
        guard stream.refusal == nil, !stream.isComplete else { return handOver(stream) }
        stream.phase = .body
        if stream.fields.expect != nil { sendContinue(on: stream) }
    }

    private func handOver(_ stream: RequestStream) {
        guard var request = stream.request else { return }
        stream.phase = .handedOver
        request.refused = stream.refusal
        request.completed = now
        owner.receive(request, on: stream)
    }
}

extension RequestStream {
    /// Keeps the first of several faults.
    func refuse(_ failure: Failure) {
        if refusal == nil { refusal = failure }
    }

    /// Takes a field that libnghttp2 found well-formed: a lower-case name, a value of allowed bytes, each pseudo-field once.
    fileprivate func take(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) {
        if name.first == UInt8(ascii: ":") {
            switch name.count {
            case 5 where name.elementsEqual(":path".utf8): pseudo.path = String(decoding: value, as: UTF8.self)
            case 7 where name.elementsEqual(":method".utf8): pseudo.method = String(decoding: value, as: UTF8.self)
            case 10: pseudo.authority = String(decoding: value, as: UTF8.self)
            default: break
            }
            return
        }
        // As over HTTP/1.1: proxies and CGI-like servers take it for `-`.
        if name.contains(UInt8(ascii: "_")) { return refuse(.malformed("a field's name holds an underscore")) }
        guard let field = RequestFields.Meaning(name) else { return }
        do throws(Failure) {
            try fields.take(field, String(decoding: value, as: UTF8.self))
        } catch {
            refuse(error)
        }
    }

    /// `:authority` and `Host` must not contradict each other (RFC 9113, section 8.3.1).
    fileprivate var namesOneHost: Bool {
        guard let authority = pseudo.authority, let host = fields.host else { return true }
        return Host.isSame(authority, host)
    }

    fileprivate func makeRequest(from peer: Peer, limits: LimitSettings) {
        let method = Request.Method(name: pseudo.method)
        var request = Request(
            method: method, path: "", client: peer.address, id: "", arrived: arrived, completed: arrived)
        request.transport = .http2
        request.take(peer.sender(of: fields))
        do throws(Failure) {
            guard pseudo.path.utf8.count <= limits.requestLine else {
                throw .tooMuch(.targetTooLong, "the target", limit: limits.requestLine)
            }
            // As over HTTP/1.1: never tunnelled, never echoed.
            guard method != .other("CONNECT"), method != .other("TRACE") else {
                throw Failure(.methodNotAllowed, .downstream, "CONNECT and TRACE are never answered")
            }
            let target = try RequestTarget(pseudo.path, method: method)
            request.path = target.path
            request.take(fields)
            try Host.check(pseudo.authority ?? fields.host, target: target, transport: .http2)
            try checkBody(limits)
        } catch {
            refuse(error)
        }
        self.request = request
    }

    /// libnghttp2 holds the length against the body that comes.
    private func checkBody(_ limits: LimitSettings) throws(Failure) {
        if let length = fields.contentLength.first.flatMap({ Int($0) }), length > limits.body {
            throw .tooMuch(.bodyTooLarge, "the body", limit: limits.body)
        }
        guard fields.expect?.matches("100-continue") ?? true else {
            throw Failure(.expectationFailed, .downstream, "the expectation is not 100-continue")
        }
    }
}
