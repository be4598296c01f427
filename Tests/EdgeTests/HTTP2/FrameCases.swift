// Frames and streams: RFC 9113, sections 3 to 6.

@testable import Edge

extension FrameCase {
    private static let request = Wire.headers(1, Wire.get())
    /// A request that is not complete.
    private static let begun = Wire.headers(1, Wire.post(), flags: Wire.endHeaders)

    static let frames = [
        FrameCase("a request", [request], .answer(1, 200)),
        FrameCase(
            "a preface that goes wrong at its end", insteadOfHello: Array("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n".utf8),
            .closed),
        FrameCase("no SETTINGS first", insteadOfHello: Preface.bytes + Wire.ping(), .ended(.protocolError)),
        FrameCase("SETTINGS on a stream", [Wire.frame(4, stream: 1)], .ended(.protocolError)),
        FrameCase("SETTINGS of a part of a setting", [Wire.frame(4, [0, 1, 0])], .ended(.frameSizeError)),
        FrameCase("an acknowledgement with settings", [Wire.settings(flags: 1, [(1, 0)])], .ended(.frameSizeError)),
        FrameCase(
            "an acknowledgement too many", [Wire.settings(flags: 1), Wire.settings(flags: 1)], .ended(.protocolError)),
        FrameCase("ENABLE_PUSH of 2", [Wire.settings([(2, 2)])], .ended(.protocolError)),
        FrameCase("a window of 2^31", [Wire.settings([(4, 1 << 31)])], .ended(.flowControlError)),
        FrameCase("a frame size under 2^14", [Wire.settings([(5, 16_383)])], .ended(.protocolError)),
        FrameCase("a frame size over 2^24 - 1", [Wire.settings([(5, 1 << 24)])], .ended(.protocolError)),
        FrameCase("a setting nobody knows", [Wire.settings([(0xff, 1)]), request], .answer(1, 200)),
        FrameCase("a PING", [Wire.ping()], .alive),
        FrameCase("the answer to no PING", [Wire.ping(flags: 1)], .alive),
        FrameCase("a PING of seven bytes", [Wire.frame(6, Array(repeating: 0, count: 7))], .ended(.frameSizeError)),
        FrameCase(
            "a PING on a stream", [Wire.frame(6, stream: 1, Array(repeating: 0, count: 8))], .ended(.protocolError)),
        FrameCase(
            "GOAWAY on a stream", [Wire.frame(7, stream: 1, Array(repeating: 0, count: 8))], .ended(.protocolError)),
        FrameCase("GOAWAY behind a request", [request, Wire.goAway()], .answer(1, 200)),
        FrameCase(
            "PUSH_PROMISE", [request, Wire.frame(5, flags: 4, stream: 1, [0, 0, 0, 2])], .ended(.protocolError)),
        FrameCase(
            "a frame of no kind", [Wire.frame(0xfe, flags: 255, stream: 99, [1, 2, 3]), request], .answer(1, 200)),
        FrameCase("a frame over 2^14", [Wire.data(1, Array(repeating: 0, count: 16_385))], .ended(.frameSizeError)),
        FrameCase(
            "PRIORITY of four bytes before a request", [Wire.frame(2, stream: 1, [0, 0, 0, 0])],
            .ended(.frameSizeError)),
        FrameCase(
            "PRIORITY of four bytes", [begun, Wire.frame(2, stream: 1, [0, 0, 0, 0])], .reset(1, .frameSizeError)),
        FrameCase(
            "PRIORITY of four bytes, and another request",
            [begun, Wire.frame(2, stream: 1, [0, 0, 0, 0]), Wire.headers(3, Wire.get())], .answer(3, 200)),
        FrameCase(
            "PRIORITY of six bytes while HEADERS are in pieces",
            [Wire.frame(1, flags: 1, stream: 1, [0x82]), Wire.frame(2, stream: 1, [0, 0, 0, 0, 0, 0])],
            .ended(.protocolError)),
        FrameCase("PRIORITY on no stream", [Wire.priority(0)], .ended(.protocolError)),
        FrameCase("PRIORITY on itself", [Wire.priority(1, on: 1)], .ended(.protocolError)),
        FrameCase("PRIORITY before a request", [Wire.priority(1), request], .answer(1, 200)),
        FrameCase("RST_STREAM on no stream", [Wire.reset(0)], .ended(.protocolError)),
        FrameCase(
            "RST_STREAM of three bytes", [request, Wire.frame(3, stream: 1, [0, 0, 0])], .ended(.frameSizeError)),
        FrameCase("RST_STREAM before a request", [Wire.reset(1)], .ended(.protocolError)),
        FrameCase("RST_STREAM twice", [request, Wire.reset(1), Wire.reset(1)], .alive),
        FrameCase("WINDOW_UPDATE of three bytes", [Wire.frame(8, [0, 0, 1])], .ended(.frameSizeError)),
        FrameCase("WINDOW_UPDATE by nothing", [Wire.windowUpdate(0, 0)], .ended(.protocolError)),
        FrameCase("a window over 2^31 - 1", [Wire.windowUpdate(0, .max >> 1)], .ended(.flowControlError)),
        FrameCase("WINDOW_UPDATE before a request", [Wire.windowUpdate(1, 1)], .ended(.protocolError)),
        FrameCase("a stream's window by nothing", [begun, Wire.windowUpdate(1, 0)], .reset(1, .protocolError)),
        FrameCase(
            "a stream's window by nothing twice, and another request",
            [begun, Wire.windowUpdate(1, 0), Wire.windowUpdate(1, 0), Wire.headers(3, Wire.get())], .answer(3, 200)),
        FrameCase(
            "a stream's window over 2^31 - 1", [begun, Wire.windowUpdate(1, .max >> 1)], .reset(1, .flowControlError)),
    ]

    static let streams = [
        FrameCase("DATA on no stream", [Wire.data(0, [1])], .ended(.protocolError)),
        FrameCase("DATA before a request", [Wire.data(1, [1])], .ended(.protocolError)),
        FrameCase(
            "DATA behind a request's end", [Wire.headers(1, Wire.get("/held")), Wire.data(1, [1])],
            .ended(.streamClosed)),
        FrameCase(
            "DATA on a stream the client has reset", [request, Wire.reset(1), Wire.data(1, [1])], .ended(.streamClosed)),
        FrameCase(
            "DATA on a stream left out", [Wire.headers(5, Wire.get()), Wire.data(3, [1])], .ended(.protocolError)),
        FrameCase(
            "more padding than DATA", [begun, Wire.data(1, flags: Wire.padded, [9, 1])], .ended(.protocolError)),
        FrameCase("DATA with padding", [begun, Wire.data(1, flags: Wire.padded | 1, [2, 1, 0, 0])], .answer(1, 200)),
        FrameCase("HEADERS on no stream", [Wire.headers(0, Wire.get())], .ended(.protocolError)),
        FrameCase("HEADERS on a stream of the server's", [Wire.headers(2, Wire.get())], .ended(.protocolError)),
        FrameCase(
            "HEADERS on a lower stream", [Wire.headers(5, Wire.get()), Wire.headers(3, Wire.get())],
            .ended(.protocolError)),
        FrameCase(
            "HEADERS behind a request's end", [Wire.headers(1, Wire.get("/held")), request], .ended(.streamClosed)),
        FrameCase(
            "HEADERS on a stream the client has reset", [request, Wire.reset(1), request], .ended(.streamClosed)),
        FrameCase(
            "HEADERS that depend on themselves",
            [Wire.frame(1, flags: 0x25, stream: 1, [0, 0, 0, 1, 9] + Wire.block(Wire.get()))], .ended(.protocolError)),
        FrameCase(
            "HEADERS with a priority",
            [Wire.frame(1, flags: 0x25, stream: 1, [0, 0, 0, 0, 9] + Wire.block(Wire.get()))], .answer(1, 200)),
        FrameCase(
            "more padding than HEADERS", [Wire.frame(1, flags: 0xd, stream: 1, [9, 0x82])], .ended(.protocolError)),
        FrameCase("HEADERS in pieces", pieces(of: Wire.block(Wire.get()), isLast: true), .answer(1, 200)),
        FrameCase(
            "HEADERS in pieces with a PING between",
            [Wire.frame(1, flags: 1, stream: 1, [0x82]), Wire.ping()], .ended(.protocolError)),
        FrameCase(
            "HEADERS in pieces with a frame of no kind between",
            [Wire.frame(1, flags: 1, stream: 1, [0x82]), Wire.frame(0xfe)], .ended(.protocolError)),
        FrameCase(
            "HEADERS in pieces on two streams",
            [Wire.frame(1, flags: 1, stream: 1, [0x82]), Wire.continuation(3, [])], .ended(.protocolError)),
        FrameCase("CONTINUATION behind nothing", [Wire.continuation(1, [0x82])], .ended(.protocolError)),
        FrameCase("CONTINUATION behind whole HEADERS", [begun, Wire.continuation(1, [0x82])], .ended(.protocolError)),
        FrameCase(
            "an index of no field", [Wire.frame(1, flags: 5, stream: 1, [0xff, 0xff, 0x7f])], .ended(.compressionError)),
        FrameCase(
            "a field cut short", [Wire.frame(1, flags: 5, stream: 1, [0x82, 0, 9, 1])], .ended(.compressionError)),
        FrameCase(
            "a table larger than allowed",
            [Wire.frame(1, flags: 5, stream: 1, [0x3f, 0xff, 0xff, 0x7f] + Wire.block(Wire.get()))],
            .ended(.compressionError)),
    ]

    /// HEADERS and CONTINUATION frames of a few bytes each.
    static func pieces(of block: [UInt8], isLast: Bool) -> [[UInt8]] {
        let size = (block.count + 7) / 8
        let cuts = stride(from: 0, to: block.count, by: size).map { Array(block[$0..<min($0 + size, block.count)]) }
        return [Wire.frame(1, flags: 1, stream: 1, cuts[0])]
            + cuts.dropFirst().enumerated().map {
                Wire.continuation(1, $1, isLast: isLast && $0 == cuts.count - 2)
            }
    }
}
