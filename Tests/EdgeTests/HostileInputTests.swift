// Bytes nobody should send: whatever they are, the edge goes on serving others.

import Edge
import Pipeline
import Testing

@Suite struct HostileInputTests {
    /// Requests of every kind, to be spoilt.
    private static let requests = [
        get("/a?b", "Authorization: Bearer x\r\nX-Request-Id: y\r\n"),
        "POST http://gateway/a HTTP/1.1\r\nHost: gateway\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc",
        "PUT /a HTTP/1.1\r\nHost: gateway\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nab\r\n0\r\nT: v\r\n\r\n",
        "HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: gateway\r\n\r\n",
        get("/", "Connection: Upgrade\r\nUpgrade: websocket\r\n"),
    ]
    private static let spices: [[UInt8]] = [
        [0], [13], [10], [13, 10], [32], [9], [58], [95], [127], [255], [0xc3, 0x28], Array("\r\n\r\n".utf8),
        Array("Content-Length: 5\r\n".utf8), Array("Transfer-Encoding: chunked\r\n".utf8), Array("0\r\n\r\n".utf8),
    ]

    @Test(arguments: 1...20) func `spoilt requests harm nobody else`(seed: UInt64) async throws {
        var random = FastRandom(seed: seed)
        try await withEdge(ScriptedHandler(), { $0.closing.halfClosed = .milliseconds(50) }) { edge in
            for _ in 0..<50 {
                let client = try edge.client()
                do {
                    try client.send(Self.spoilt(using: &random))
                    client.finish()
                    _ = try client.rest()
                } catch is Client.Broken {
                    // Closed on before it had sent all: that may be.
                }
            }

            let other = try edge.client()
            try other.send(get("/"))

            #expect(try other.reply().status == 200)
        }
    }

    private static func spoilt(using random: inout FastRandom) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            bytes += Array((requests.randomElement(using: &random) ?? "").utf8)
        }
        for _ in 0..<Int.random(in: 0...5, using: &random) {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0...2, using: &random) {
            case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
            case 1: bytes.remove(at: place)
            default: bytes.insert(contentsOf: spices.randomElement(using: &random) ?? [], at: place)
            }
        }
        return bytes
    }
}
