// From a decoded head to the gateway's request, or to what is wrong with it.

internal import Configuration
internal import NIOHTTP1
internal import Pipeline

/// A request whose head is read and whose body may still come.
struct IncomingRequest {
    /// Its id is empty if the client sent none that is well-formed.
    var request: Request
    /// What was found wrong with the head, if anything; then the rest is not read.
    private(set) var refusal: Failure?
    private(set) var framing = BodyFraming.none
    /// Whether the client waits to be told to send the body (RFC 9110, section 10.1.1).
    private(set) var expectsContinue = false
    /// Whether the connection can be used again after the answer.
    private(set) var keepsAlive = false

    /// - Parameter arrived: when the head's first byte was read.
    init(_ head: HTTPRequestHead, from peer: Peer, arrived: ContinuousClock.Instant, limits: LimitSettings) {
        let method = Request.Method(head.method)
        request = Request(
            method: method, path: "", client: peer.address, id: "", arrived: arrived, completed: arrived)
        request.take(peer.sender)
        request.transport = head.version.minor == 0 ? .http1_0 : .http1
        do throws(Failure) {
            let target = try RequestTarget(head.uri, method: method)
            request.path = target.path
            let fields = try RequestFields(head.headers, believesProxies: peer.isTrusted)
            request.take(fields)
            if peer.isTrusted { request.take(peer.sender(of: fields)) }
            try Host.check(fields.host, target: target, transport: request.transport)
            framing = try BodyFraming(
                contentLength: fields.contentLength, transferEncoding: fields.transferEncoding,
                transport: request.transport)
            if case .length(let length) = framing, length > limits.body {
                throw .tooMuch(.bodyTooLarge, "the body", limit: limits.body)
            }
            // HTTP/1.0 has no expectations (RFC 9110, section 10.1.1).
            let expectation = request.transport == .http1_0 ? nil : fields.expect
            guard expectation?.matches("100-continue") ?? true else {
                throw Failure(.expectationFailed, .downstream, "the expectation is not 100-continue")
            }
            expectsContinue = expectation != nil && framing != .none
            // Never tunnelled, never echoed, whoever asks; what stands behind a CONNECT might not even be HTTP.
            guard method != .other("CONNECT"), method != .other("TRACE") else {
                throw Failure(.methodNotAllowed, .downstream, "CONNECT and TRACE are never answered")
            }
            let isWanted = try Self.keepsAlive(fields.connection, transport: request.transport)
            // After an offer to upgrade the decoder reads no further request.
            keepsAlive = isWanted && head.isKeepAlive && !fields.offersUpgrade
        } catch {
            refusal = error
        }
    }

    /// Whether the client wants to go on: `close` counts whatever else is said (RFC 9112, section 9.3).
    private static func keepsAlive(_ options: String?, transport: Request.Transport) throws(Failure) -> Bool {
        guard let options else { return transport != .http1_0 }
        var saysKeepAlive = false
        var saysClose = false
        for option in options.split(separator: ",") {
            let option = String(option).trimmed
            guard option.isEmpty || RequestLine.isToken(option.utf8) else {
                throw .malformed("the Connection field is malformed")
            }
            if option.matches("close") { saysClose = true }
            if option.matches("keep-alive") { saysKeepAlive = true }
        }
        return !saysClose && (saysKeepAlive || transport != .http1_0)
    }
}

extension Request {
    mutating func take(_ sender: Sender) {
        client = sender.address
        scheme = sender.scheme
        forwarded = sender.forwarded
    }

    /// Takes over what is passed on.
    mutating func take(_ fields: RequestFields) {
        if let kept = fields.requestID, RequestID.isWellFormed(kept) { id = kept }
        authorization = fields.authorization
        ifNoneMatch = fields.ifNoneMatch
        accept = fields.accept
        origin = fields.origin
        announcesMethod = fields.announcesMethod
        traceparent = fields.traceparent
        tracestate = fields.tracestate
        timeout = fields.timeout
    }
}

extension Request.Method {
    fileprivate init(_ method: HTTPMethod) {
        switch method {
        case .GET: self = .get
        case .HEAD: self = .head
        case .OPTIONS: self = .options
        default: self = .other(method.rawValue)
        }
    }
}
