// Messages: RFC 9113, section 8. What is malformed is reset; what is well-formed but not taken is answered.

@testable import Edge

extension FrameCase {
    private static func request(_ name: String, _ fields: Wire.Fields, _ outcome: Outcome = .reset(1, .protocolError))
        -> FrameCase
    {
        FrameCase(name, [Wire.headers(1, fields)], outcome)
    }

    /// A request with one field more.
    private static func with(_ name: String, _ value: String, _ outcome: Outcome = .reset(1, .protocolError))
        -> FrameCase
    {
        request("\(name): \(value.debugDescription)", Wire.get("/", [(name, value)]), outcome)
    }

    private static func without(_ name: String) -> FrameCase {
        request("no \(name)", Wire.get().filter { $0.0 != name })
    }

    private static func twice(_ name: String) -> FrameCase {
        request("\(name) twice", Wire.get().flatMap { $0.0 == name ? [$0, $0] : [$0] })
    }

    /// A request with a body.
    private static func post(
        _ name: String, _ more: Wire.Fields, _ frames: [[UInt8]], _ outcome: Outcome = .reset(1, .protocolError)
    ) -> FrameCase {
        FrameCase(name, [Wire.headers(1, Wire.post("/", more), flags: Wire.endHeaders)] + frames, outcome)
    }

    private static func path(_ path: String, _ outcome: Outcome = .reset(1, .protocolError)) -> FrameCase {
        request(":path \(path.debugDescription)", Wire.get(path), outcome)
    }

    private static let five = Array("12345".utf8)

    static let messages = [
        without(":method"), without(":scheme"), without(":path"), without(":authority"),
        twice(":method"), twice(":scheme"), twice(":path"), twice(":authority"),
        with(":status", "200"), with(":protocol", "websocket"), with(":unknown", "1"),
        request("a pseudo-field behind a field", [("accept", "*/*")] + Wire.get()),
        request(
            "Host in place of :authority", Wire.get().filter { $0.0 != ":authority" } + [("host", "a")], .answer(1, 200)
        ),
        with("host", "gateway", .answer(1, 200)), with("host", "GATEWAY", .answer(1, 200)), with("host", "other"),
        request("Host twice", Wire.get("/", [("host", "gateway"), ("host", "gateway")])),
        request(
            "an authority with a user",
            [(":method", "GET"), (":scheme", "http"), (":authority", "a@b"), (":path", "/")],
            .answer(1, 400)),
        path(""), path("relative"), path("http://gateway/"), path("/a b"), path("/\u{7f}"), path("*"),
        path("/a?b=c", .answer(1, 200)), path("/a#b", .answer(1, 400)), path("/%zz", .answer(1, 400)),
        request(
            "OPTIONS of all", [(":method", "OPTIONS"), (":scheme", "http"), (":authority", "a"), (":path", "*")],
            .answer(1, 200)),
        request("CONNECT", [(":method", "CONNECT"), (":authority", "a:1")], .answer(1, 405)),
        request("CONNECT with a path", [(":method", "CONNECT"), (":authority", "a:1"), (":path", "/")]),
        request(
            "TRACE", [(":method", "TRACE"), (":scheme", "http"), (":authority", "a"), (":path", "/")], .answer(1, 405)),
        request(
            "a method that is none", [(":method", "G T"), (":scheme", "http"), (":authority", "a"), (":path", "/")]),
        with("Accept", "upper case"), with("x y", "a space"), with("", "no name"), with("x\r", "CR"),
        with("x\0", "NUL"),
        with("x", "a\rb"), with("x", "a\nb"), with("x", "a\0b"), with("x", " a"), with("x", "a\t"),
        with("x", "a\u{7f}b"),
        with("x", "", .answer(1, 200)), with("x", "\u{e9}", .answer(1, 200)),
        with("connection", "close"), with("keep-alive", "1"), with("proxy-connection", "close"), with("upgrade", "h2c"),
        with("transfer-encoding", "chunked"), with("te", "gzip"), with("te", "trailers", .answer(1, 200)),
        with("x_y", "an underscore", .answer(1, 400)), with("expect", "something", .answer(1, 417)),
        request(
            "Authorization twice", Wire.get("/", [("authorization", "a"), ("authorization", "a")]), .answer(1, 400)),
        with("content-length", "5"), with("content-length", "-1"), with("content-length", "5, 5"),
        with("content-length", "0", .answer(1, 200)),
        request("Content-Length twice", Wire.get("/", [("content-length", "0"), ("content-length", "0")])),
        post("a body as long as said", [("content-length", "5")], [Wire.data(1, flags: 1, five)], .answer(1, 200)),
        post("a body longer than said", [("content-length", "4")], [Wire.data(1, flags: 1, five)]),
        post("a body shorter than said", [("content-length", "6")], [Wire.data(1, flags: 1, five)]),
        post(
            "a body shorter than said, with trailers", [("content-length", "6")],
            [Wire.data(1, five), Wire.headers(1, [("x", "y")])]),
        post("trailers", [], [Wire.data(1, five), Wire.headers(1, [("x", "y")])], .answer(1, 200)),
        post("trailers that end nothing", [], [Wire.headers(1, [("x", "y")], flags: Wire.endHeaders)]),
        post("a pseudo-field in trailers", [], [Wire.headers(1, [(":path", "/")])]),
        post("upper case in trailers", [], [Wire.headers(1, [("X", "y")])]),
        post("Expect, and a body", [("expect", "100-continue")], [Wire.data(1, flags: 1, five)], .answer(1, 200)),
    ]

    private static let long = String(repeating: "a", count: 4000)
    private static let fields101 = (0..<101).map { ("x\($0)", "y") }

    static let limits = [
        request("a hundred fields", Wire.get("/", Array(fields101.dropLast())), .answer(1, 200)),
        request("a field too many", Wire.get("/", fields101), .answer(1, 431)),
        FrameCase(
            "fields over 32 KiB in pieces",
            pieces(of: Wire.block(Wire.get("/", (0..<9).map { ("x\($0)", long) })), isLast: true), .answer(1, 431)),
        post(
            "trailers over what is left of 32 KiB", (0..<4).map { ("x\($0)", long) },
            pieces(of: Wire.block((0..<5).map { ("x\($0)", long) }), isLast: true), .answer(1, 431)),
        path("/" + String(repeating: "a", count: 8192), .answer(1, 414)),
        path("/" + String(repeating: "a", count: 8191), .answer(1, 200)),
        post("a body announced as too large", [("content-length", "65537")], [], .answer(1, 413)),
        post(
            "a body too large", [], (0..<5).map { _ in Wire.data(1, Array(repeating: 1, count: 16_000)) },
            .answer(1, 413)),
        post(
            "a body as large as may be", [],
            (0..<4).map {
                Wire.data(1, flags: $0 == 3 ? 1 : 0, Array(repeating: 1, count: 16_384 - ($0 == 3 ? 1 : 0)))
            },
            .answer(1, 200)),
        FrameCase(
            "a stream too many", (0..<101).map { Wire.headers(Int32(2 * $0 + 1), Wire.get("/held")) },
            .reset(201, .refusedStream)),
        FrameCase("a hundred streams", (0..<100).map { Wire.headers(Int32(2 * $0 + 1), Wire.get("/held")) }, .alive),
    ]
}
