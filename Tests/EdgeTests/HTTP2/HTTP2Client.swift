// A client of HTTP/2 as plain as can be: it sends the bytes it is told to, and says what frames come back.

import CNGHTTP2

@testable import Edge

final class HTTP2Client {
    /// What a server says.
    enum Event: Equatable {
        case settings
        case settingsAcknowledged
        /// The answer to a PING, with its mark.
        case pinged(UInt8)
        /// The status, and whether the stream ends with it.
        case head(Int32, Int, ends: Bool)
        case data(Int32, Int, ends: Bool)
        case reset(Int32, ErrorCode?)
        case goAway(last: Int32, ErrorCode?)
        case other
        /// The connection is closed.
        case end
    }

    private let client: Client
    private var received: [UInt8] = []
    private let fields = FieldDecoder()
    /// The fields of the last head.
    private(set) var head: [String: String] = [:]
    /// The bytes of the last DATA.
    private(set) var body: [UInt8] = []

    /// Begins as all clients do, unless `hello` says otherwise.
    init(_ edge: RunningEdge, hello: [UInt8] = Wire.hello) throws {
        client = try edge.client()
        try send(hello)
    }

    func send(_ bytes: [UInt8]...) throws { try client.send(bytes.flatMap { $0 }) }

    /// Sends to a server that may be gone.
    func sendIfOpen(_ bytes: [UInt8]) {
        do { try client.send(bytes) } catch {}
    }

    func close() { client.close() }

    func reset() { client.reset() }

    func finish() { client.finish() }

    func narrow() { client.narrow() }

    func sip(atMost most: Int) -> Int { client.sip(atMost: most) }

    /// As `Client` does, with no look at the frames.
    func takeSlowly(for time: Duration) throws -> Int { try client.takeSlowly(for: time) }

    func takeRest() throws -> Int { try client.takeRest() }

    /// The next frame. Settings are agreed to, if `agrees`.
    func next(agrees: Bool = true) throws -> Event {
        while true {
            guard received.count >= FrameHeader.size else {
                guard try more() else { return .end }
                continue
            }
            let header = FrameHeader(received[..<FrameHeader.size])
            guard received.count >= FrameHeader.size + header.length else {
                guard try more() else { return .end }
                continue
            }
            let payload = Array(received[FrameHeader.size..<FrameHeader.size + header.length])
            received.removeFirst(FrameHeader.size + header.length)
            let event = event(header, payload)
            if header.kind == .ping, event == .other { try send(Wire.frame(6, flags: Wire.ack, payload)) }
            if event == .settings, agrees { try send(Wire.settings(flags: Wire.ack)) }
            return event
        }
    }

    /// The first event that is one of `kinds`; the end ends the search.
    func first(_ isWanted: (Event) -> Bool) throws -> Event {
        while true {
            let event = try next()
            if isWanted(event) || event == .end { return event }
        }
    }

    /// The answer on a stream: its status, and its body.
    func answer(on stream: Int32) throws -> (status: Int, body: String) {
        var status = 0
        var text: [UInt8] = []
        while true {
            switch try next() {
            case .head(stream, let code, let ends):
                if code >= 200 { status = code }
                if ends { return (status, "") }
            case .data(stream, _, let ends):
                text += body
                if ends { return (status, String(decoding: text, as: UTF8.self)) }
            case .reset(stream, _), .end:
                return (0, "")
            default:
                continue
            }
        }
    }

    private func more() throws -> Bool {
        let bytes = try client.some()
        received += bytes
        return !bytes.isEmpty
    }

    private func event(_ header: FrameHeader, _ payload: [UInt8]) -> Event {
        let ends = header.has(FrameHeader.endStream)
        switch header.kind {
        case .settings: return ends ? .settingsAcknowledged : .settings
        case .ping: return ends ? .pinged(payload[0]) : .other
        case .headers:
            head = fields.decode(payload)
            return .head(header.stream, Int(head[":status"] ?? "") ?? 0, ends: ends)
        case .data:
            body = payload
            return .data(header.stream, payload.count, ends: ends)
        case .reset: return .reset(header.stream, ErrorCode(rawValue: number(payload[...])))
        case .goAway:
            return .goAway(last: Int32(bitPattern: number(payload[...])), ErrorCode(rawValue: number(payload[4...])))
        default: return .other
        }
    }

    private func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }
}

/// Owns one `nghttp2_hd_inflater`: the gateway's compression is undone by the library it is done with, but on its own.
private final class FieldDecoder {
    private var raw: OpaquePointer?

    init() { nghttp2_hd_inflate_new(&raw) }

    deinit { nghttp2_hd_inflate_del(raw) }

    func decode(_ block: [UInt8]) -> [String: String] {
        var fields: [String: String] = [:]
        var rest = block[...]
        while true {
            var pair = nghttp2_nv()
            var flags: CInt = 0
            let used = rest.withUnsafeBufferPointer {
                nghttp2_hd_inflate_hd2(raw, &pair, &flags, $0.baseAddress, $0.count, 1)
            }
            guard used >= 0 else { return fields }
            rest = rest.dropFirst(used)
            if flags & CInt(NGHTTP2_HD_INFLATE_EMIT.rawValue) != 0 {
                let name = UnsafeBufferPointer(start: pair.name, count: pair.namelen)
                let value = UnsafeBufferPointer(start: pair.value, count: pair.valuelen)
                fields[String(decoding: name, as: UTF8.self)] = String(decoding: value, as: UTF8.self)
            }
            if flags & CInt(NGHTTP2_HD_INFLATE_FINAL.rawValue) != 0 {
                nghttp2_hd_inflate_end_headers(raw)
                return fields
            }
        }
    }
}
