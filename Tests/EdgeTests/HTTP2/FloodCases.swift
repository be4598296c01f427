// Floods: each is more of something cheap than any client has use for.

@testable import Edge

extension FrameCase {
    private static func many(_ count: Int, _ frame: (Int32) -> [UInt8]) -> [[UInt8]] {
        (0..<count).map { frame(Int32(2 * $0 + 1)) }
    }

    private static let begun = Wire.headers(1, Wire.post("/held"), flags: Wire.endHeaders)

    /// A field of 4 000 bytes into the table, then this many times out of it, a byte each.
    private static func bomb(_ times: Int) -> [UInt8] {
        let value = Array(repeating: UInt8(ascii: "a"), count: 4000)
        return Wire.block(Wire.get()) + [0x40, 1, UInt8(ascii: "x"), 127, 0xa1, 0x1e] + value
            + Array(repeating: 0xbe, count: times)
    }

    static let floods = [
        FrameCase("a flood of PING", many(1200) { _ in Wire.ping() }, .ended(.enhanceYourCalm)),
        FrameCase("a flood of answers to no PING", many(1200) { _ in Wire.ping(flags: 1) }, .ended(.enhanceYourCalm)),
        FrameCase("a flood of SETTINGS", many(1200) { _ in Wire.settings() }, .ended(.enhanceYourCalm)),
        FrameCase(
            "SETTINGS of many settings", [Wire.settings((0..<33).map { (UInt16(0xff00 + $0), 1) })],
            .ended(.enhanceYourCalm)),
        FrameCase("a flood of PRIORITY", many(1200) { Wire.priority($0) }, .ended(.enhanceYourCalm)),
        FrameCase("a flood of WINDOW_UPDATE", many(1200) { _ in Wire.windowUpdate(0, 1) }, .ended(.enhanceYourCalm)),
        FrameCase(
            "a flood of WINDOW_UPDATE on a stream", [begun] + many(1200) { _ in Wire.windowUpdate(1, 1) },
            .ended(.enhanceYourCalm)),
        FrameCase("a flood of DATA without data", [begun] + many(1200) { _ in Wire.data(1) }, .ended(.enhanceYourCalm)),
        FrameCase(
            "a flood of DATA of padding",
            [begun] + many(1200) { _ in Wire.data(1, flags: Wire.padded, [3, 0, 0, 0]) }, .ended(.enhanceYourCalm)),
        FrameCase("a flood of frames of no kind", many(1200) { _ in Wire.frame(0xfe) }, .ended(.enhanceYourCalm)),
        FrameCase("a flood of GOAWAY", many(1200) { _ in Wire.goAway() }, .closed),
        FrameCase(
            "rapid reset", many(150) { Wire.headers($0, Wire.get("/held")) + Wire.reset($0) },
            .ended(.enhanceYourCalm)),
        FrameCase("a few resets", many(50) { Wire.headers($0, Wire.get("/held")) + Wire.reset($0) }, .alive),
        FrameCase(
            "RST_STREAM again and again",
            [begun] + many(150) { _ in Wire.reset(1) }, .ended(.enhanceYourCalm)),
        FrameCase("resets provoked by fields", many(150) { Wire.headers($0, [("X", "y")]) }, .ended(.enhanceYourCalm)),
        FrameCase(
            "resets provoked by windows",
            many(150) { Wire.headers($0, Wire.post("/held"), flags: 4) + Wire.windowUpdate($0, .max >> 1) },
            .ended(.enhanceYourCalm)),
        FrameCase(
            "resets provoked by windows of nothing",
            many(150) { Wire.headers($0, Wire.post("/held"), flags: 4) + Wire.windowUpdate($0, 0) },
            .ended(.enhanceYourCalm)),
        FrameCase(
            "too many streams from a client that cannot know how many it may open",
            many(250) { Wire.headers($0, Wire.get("/held")) }, .reset(201, .refusedStream)),
        FrameCase(
            "far too many streams from a client that cannot know how many it may open",
            many(1200) { Wire.headers($0, Wire.get("/held")) }, .ended(.enhanceYourCalm)),
        FrameCase(
            "too many streams from a client that has agreed to how many it may open",
            [Wire.settings(flags: Wire.ack)] + many(250) { Wire.headers($0, Wire.get("/held")) },
            .ended(.enhanceYourCalm)),
        FrameCase(
            "endless CONTINUATION",
            [Wire.frame(1, flags: 1, stream: 1, [0x82])] + many(20) { _ in Wire.continuation(1, [], isLast: false) },
            .ended(.enhanceYourCalm)),
        FrameCase(
            "a few bytes that stand for much", [Wire.frame(1, flags: 5, stream: 1, bomb(50))],
            .ended(.enhanceYourCalm)),
        FrameCase(
            "a few bytes that stand for too much", [Wire.frame(1, flags: 5, stream: 1, bomb(9))], .answer(1, 431)),
    ]
}
