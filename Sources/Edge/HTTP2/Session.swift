// HTTP/2 with one client, by libnghttp2: bytes in, requests out; answers in, bytes out. It does no I/O and reads no clock.
//
// libnghttp2 keeps frames, header compression, flow control and the states of streams. What it leaves open is added here:
// each frame is looked at before it is processed (`FrameWalk`), against `StreamOrder` and `FloodRules`. Requests are in
// `SessionRequests`, answers in `SessionAnswers`.

internal import CNGHTTP2
internal import Configuration
internal import NIOCore
internal import Pipeline

/// Whom a session serves.
protocol SessionOwner: AnyObject {
    /// Whether one more request finds a place.
    var hasPlace: Bool { get }
    var peer: Peer { get }
    /// A request is complete, or refused. It is to be answered by `Session.answer`.
    func receive(_ request: Request, on stream: RequestStream)
    /// A stream is over, answered or not.
    func ended(_ stream: RequestStream)
    /// The client knows that it is to open no further streams (`Session.announceEnd`).
    func announcementArrived()
    /// Makes sure that somebody looks at `Session.deadlines` by then.
    func ring(by instant: ContinuousClock.Instant)
}

/// Owns one `nghttp2_session`. Used on its loop only; its owner outlives it.
final class Session {
    let settings: EdgeSettings
    unowned let owner: any SessionOwner
    let raw: OpaquePointer
    private var walk = FrameWalk()
    /// Whether the frame that the walk is in is kept from libnghttp2.
    private var isSkipping = false
    private var order = StreamOrder()
    var floods: FloodRules
    var streams: [Int32: RequestStream] = [:]
    var now: ContinuousClock.Instant
    /// Why the connection must end at once, if it must.
    private(set) var fault: ErrorCode?
    /// When a good piece of an answer, or the end of one, last went out; nil while none has.
    var moved: ContinuousClock.Instant?
    /// The client has agreed to our settings.
    private(set) var isAgreed = false
    private var isLimitTold = false
    private var isAnnouncing = false
    /// Where bytes are written while `fill` runs.
    var output = ByteBuffer()
    var header = HeaderBlock()

    /// Bytes written at a time: enough to fill segments, little enough that a client cannot make us hold much.
    static let portion = 64 * 1024
    /// Frames that may wait to be sent, besides answers: a client that makes us write must also read.
    private static let mostWaiting = 1000

    /// Begins with our settings (RFC 9113, section 3.4).
    init(_ settings: EdgeSettings, kind: SessionKind, owner: any SessionOwner, at now: ContinuousClock.Instant) {
        self.settings = settings
        self.owner = owner
        self.now = now
        floods = FloodRules(at: now)
        var made: OpaquePointer?
        // Its pointer to us is set below, when there is an `us`.
        guard nghttp2_session_server_new2(&made, kind.callbacks, nil, kind.options) == 0, let raw = made else {
            preconditionFailure("There is no memory for a session of libnghttp2.")
        }
        self.raw = raw
        nghttp2_session_set_user_data(raw, Unmanaged.passUnretained(self).toOpaque())
        submitSettings()
    }

    deinit { nghttp2_session_del(raw) }

    /// Whether all is said: the connection is of no further use.
    var isOver: Bool { nghttp2_session_want_read(raw) == 0 && nghttp2_session_want_write(raw) == 0 }

    /// Takes what the client sent.
    func receive(_ bytes: UnsafeRawBufferPointer, at now: ContinuousClock.Instant) {
        self.now = now
        var fed = 0
        var seen = 0
        while seen < bytes.count, fault == nil {
            switch walk.step(UnsafeRawBufferPointer(rebasing: bytes[seen...])) {
            case .inside(let count):
                seen += count
            case .begun(let count):
                feed(UnsafeRawBufferPointer(rebasing: bytes[fed..<seen]))
                seen += count
                fed = seen
            case .frame(let frame, let count):
                // What is before it may decide whether it is right.
                feed(UnsafeRawBufferPointer(rebasing: bytes[fed..<seen]))
                fed = seen
                isSkipping = !admits(frame)
                if !isSkipping { walk.kept.withUnsafeBytes { feed($0) } }
                seen += count
            }
            if isSkipping { fed = seen }
        }
        feed(UnsafeRawBufferPointer(rebasing: bytes[fed..<seen]))
        if nghttp2_session_get_outbound_queue_size(raw) > Self.mostWaiting { end(.enhanceYourCalm) }
    }

    /// Appends what is to be sent, up to about `portion` bytes.
    func fill(_ buffer: inout ByteBuffer, at now: ContinuousClock.Instant) {
        self.now = now
        swap(&output, &buffer)
        defer { swap(&output, &buffer) }
        while fault == nil, output.readableBytes < Self.portion {
            var bytes: UnsafePointer<UInt8>?
            let count = nghttp2_session_mem_send(raw, &bytes)
            guard count >= 0 else { return end(.internalError) }
            guard count > 0 else { break }
            output.writeBytes(UnsafeRawBufferPointer(start: bytes, count: count))
            hideStreamLimit()
        }
    }

    /// The connection has to end: nothing further is read, and nothing written but the last word.
    func end(_ code: ErrorCode) {
        if fault == nil { fault = code }
    }

    /// A GOAWAY frame made by hand (RFC 9113, section 6.8), for an end that libnghttp2 knows nothing of.
    func lastWord(_ code: ErrorCode) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.writeBytes([0, 0, 8, FrameHeader.Kind.goAway.rawValue, 0, 0, 0, 0, 0])
        bytes.writeInteger(nghttp2_session_get_last_proc_stream_id(raw))
        bytes.writeInteger(code.rawValue)
        return bytes
    }

    /// Whether the client has opened a stream yet.
    var wasUsed: Bool { nghttp2_session_get_last_proc_stream_id(raw) > 0 }

    /// Tells the client to open no further streams, without closing the door yet: what is on its way is still answered.
    func announceEnd() {
        isAnnouncing = true
        nghttp2_submit_shutdown_notice(raw)
    }

    /// Takes no further streams. The session is over when those that are open have ended.
    func takeNoMore(_ code: ErrorCode = .noError) {
        nghttp2_submit_goaway(
            raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), nghttp2_session_get_last_proc_stream_id(raw), code.rawValue, nil, 0)
    }

    func reset(_ stream: Int32, _ code: ErrorCode) {
        nghttp2_submit_rst_stream(raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream, code.rawValue)
    }

    /// Judges a frame. Returns whether libnghttp2 is to see it: it would end the connection for what is only its stream's
    /// error.
    private func admits(_ frame: FrameHeader) -> Bool {
        if !floods.admits(frame, at: now) { end(.enhanceYourCalm) }
        if order.ignores(frame), !floods.countIgnored(at: now) { end(.enhanceYourCalm) }
        if let code = order.fault(of: frame, at: now) { end(code) }
        guard let code = walk.streamFault, order.isOpen(frame.stream) else { return true }
        reset(frame.stream, code)
        return false
    }

    private func feed(_ bytes: UnsafeRawBufferPointer) {
        guard fault == nil, !bytes.isEmpty else { return }
        let count = nghttp2_session_mem_recv(raw, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count)
        guard count < 0 else { return }
        switch nghttp2_error(Int32(count)) {
        case NGHTTP2_ERR_BAD_CLIENT_MAGIC: end(.protocolError)
        case NGHTTP2_ERR_FLOODED, NGHTTP2_ERR_TOO_MANY_CONTINUATIONS: end(.enhanceYourCalm)
        default: end(.internalError)
        }
    }
}

// What libnghttp2 calls, but for requests and answers.
extension Session {
    func received(_ frame: nghttp2_frame) {
        let isAcknowledgement = frame.hd.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) != 0
        switch FrameHeader.Kind(rawValue: frame.hd.type) {
        case .headers: headEnded(frame)
        case .data: if frame.hd.flags & FrameHeader.endStream != 0 { bodyEnded(frame.hd.stream_id) }
        case .settings: if isAcknowledgement { isAgreed = true }
        case .ping: if isAcknowledgement { owner.announcementArrived() }
        default: break
        }
    }

    func sent(_ frame: nghttp2_frame) {
        switch FrameHeader.Kind(rawValue: frame.hd.type) {
        case .reset:
            order.reset(frame.hd.stream_id, at: now)
            if !floods.countReset(ErrorCode(rawValue: frame.rst_stream.error_code), at: now) { end(.enhanceYourCalm) }
        case .data, .headers:
            guard frame.hd.flags & FrameHeader.endStream != 0, let stream = streams[frame.hd.stream_id] else { return }
            moved = now
            if !stream.isComplete { linger(stream) }
        case .goAway where isAnnouncing:
            isAnnouncing = false
            // Its answer says that the client knows. Sooner it would overtake the announcement.
            nghttp2_submit_ping(raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), nil)
        case .goAway:
            order.takeNoMore(behind: frame.goaway.last_stream_id)
        default:
            break
        }
    }

    func closed(_ id: Int32) {
        order.close(id)
        guard let stream = streams.removeValue(forKey: id) else { return }
        owner.ended(stream)
    }
}

// Our settings.
extension Session {
    private func submitSettings() {
        let entries = [
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.rawValue), value: .max),
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE.rawValue),
                value: UInt32(clamping: settings.limits.headers)),
        ]
        nghttp2_submit_settings(raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), entries, entries.count)
    }

    /// libnghttp2 ends a connection whose client opens a stream too many; ours is only refused (RFC 9113, section 5.1.2),
    /// and a place is free only when the work of a reset stream is gone, which libnghttp2 does not know. So it is told
    /// that there is no limit, and the client, in the first bytes, what it is.
    private func hideStreamLimit() {
        guard !isLimitTold else { return }
        isLimitTold = true
        // The value of the first entry, behind the frame's header and the entry's two bytes.
        output.setInteger(
            UInt32(clamping: settings.limits.streams), at: output.readerIndex + FrameHeader.size + 2)
    }
}
