// Spoilt requests and random bytes by the thousand, each whole, in pieces and byte by byte: it must make no difference how
// they are cut, a second reading must find the same requests in them, and nothing may trap.
//
// A few in every run; `deploy/fuzz` takes its time, with another seed each, and looks at memory.

import Configuration
import Foundation
import Pipeline
import Testing

@Suite struct FuzzTests {
    /// How long, if `deploy/fuzz` says so; else a fixed number.
    static let seconds = ProcessInfo.processInfo.environment["FUZZ_SECONDS"].flatMap { Double($0) }
    static let firstSeed = ProcessInfo.processInfo.environment["FUZZ_SEED"].flatMap { UInt64($0) } ?? 1

    /// Whether it is the start of HTTP/2, or may become that: nothing for the second reading.
    private func isHTTP2(_ bytes: [UInt8]) -> Bool {
        zip(bytes, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8).allSatisfy(==)
    }

    private static var narrow: LimitSettings {
        var limits = LimitSettings()
        limits.requestLine = 30
        limits.headers = 90
        limits.headerCount = 3
        limits.body = 12
        return limits
    }

    @Test func `what HTTP 1 makes of bytes depends on nothing but the bytes`() throws {
        let end = Self.seconds.map { ContinuousClock.now + .seconds($0) }
        var seed = Self.firstSeed
        var answered = 0
        var refused = 0
        while end.map({ ContinuousClock.now < $0 }) ?? (seed < Self.firstSeed + 1000) {
            var random = FastRandom(seed: seed)
            let bytes = Spoilt.bytes(using: &random)
            // The second reading knows no limits; but whether they are kept must not depend on the pieces either.
            let isNarrow = seed.isMultiple(of: 3)
            let limits = isNarrow ? Self.narrow : LimitSettings()
            let whole = try FuzzedEdge.run([bytes[...]], limits)
            let inPieces = try FuzzedEdge.run(Spoilt.cut(bytes, using: &random), limits)

            #expect(inPieces == whole, "seed \(seed), in pieces: \(Spoilt.text(bytes))")
            if seed.isMultiple(of: 8) {
                let byByte = try FuzzedEdge.run(bytes.indices.map { bytes[$0...$0] }, limits)
                #expect(byByte == whole, "seed \(seed), byte by byte: \(Spoilt.text(bytes))")
            }
            #expect(whole.output.ranges(of: "HTTP/1.1 ").count == whole.requests.count, "seed \(seed)")
            if !isNarrow, !isHTTP2(bytes) {
                let reading = StrictReading(bytes)
                let expected = reading.requests + (reading.ending == .refused ? ["refused"] : [])
                #expect(whole.requests == expected, "seed \(seed): \(Spoilt.text(bytes))")
                #expect(whole.isClosed == (reading.ending != .open), "seed \(seed): \(Spoilt.text(bytes))")
                answered += reading.requests.count
                refused += reading.ending == .refused ? 1 : 0
            }
            seed += 1
        }
        // Else it would look at one side only.
        #expect(answered > 100)
        #expect(refused > 100)
        if Self.seconds != nil {
            print(
                "\(seed - Self.firstSeed) streams from seed \(Self.firstSeed): \(answered) answered, \(refused) refused."
            )
        }
    }
}

/// Streams of bytes that are almost requests.
enum Spoilt {
    private static let requests = [
        get("/a?b", "Authorization: Bearer x\r\nX-Request-Id: y\r\n"), get("/"), get("/c%2f/../d;e"),
        "POST http://gateway/a HTTP/1.1\r\nHost: gateway\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc",
        "PUT /a HTTP/1.1\r\nHost: [::1]:80\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nab\r\n0\r\nT: v\r\n\r\n",
        "PATCH /p HTTP/1.1\r\nHost: a:1\r\nTransfer-Encoding:\tCHUNKED \r\n\r\n5;a=\"b\\\"\";c=d\r\n\r\n0\r\n\r\n0a\r\n0123456789\r\n00\r\n\r\n",
        "HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: gateway\r\n\r\n",
        get("/", "Connection: Upgrade\r\nUpgrade: websocket\r\n"), get("/", "Connection: x, keep-alive\r\n"), "\r\n",
        "DELETE /x HTTP/1.1\r\nhOsT:gateway:65535\r\nContent-Length:0005\r\n\r\nGET /",
    ]

    private static let spices: [[UInt8]] =
        [[0], [13], [10], [13, 10], [32], [9], [11], [58], [95], [127], [128], [255], [0xc3, 0x28], [0xc3, 0xbc]]
        + [
            "\r\n\r\n", "\n\n", "\r\r\n", "\r\n ", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n",
            "0\r\n\r\n",
            "Host: a\r\n", "Connection: close\r\n", "Expect: x\r\n", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "0x", "+", "-",
            ",",
            ";", "=", "\"", "\\", "#", "%", "%00", "//", "@", "[", "]", "_", "ffffffffffffffff", "0", "1", "GET ", "*",
            "http://", "X-A: b\r\n", "Transfer-Encoding: identity\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "\u{16}\u{3}\u{1}",
            "PROXY TCP4 1.1.1.1 1.1.1.1 1 1\r\n", "abcde",
        ].map { Array($0.utf8) }

    static func bytes(using random: inout FastRandom) -> [UInt8] {
        if Int.random(in: 0..<50, using: &random) == 0 {
            return (0..<Int.random(in: 1...300, using: &random)).map { _ in .random(in: .min ... .max, using: &random) }
        }
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            bytes += Array((requests.randomElement(using: &random) ?? "").utf8)
        }
        for _ in 0..<Int.random(in: 0...3, using: &random) { spoil(&bytes, using: &random) }
        return bytes
    }

    static func spoil(_ bytes: inout [UInt8], using random: inout FastRandom) {
        guard !bytes.isEmpty else { return }
        let place = place(in: bytes, using: &random)
        switch Int.random(in: 0...5, using: &random) {
        case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
        case 1: bytes.remove(at: place)
        case 2: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
        case 3: bytes.insert(contentsOf: bytes[place...].prefix(Int.random(in: 1...20, using: &random)), at: place)
        default: bytes.insert(contentsOf: spices.randomElement(using: &random) ?? [], at: place)
        }
    }

    /// Mostly where something begins or ends, for that is where readers differ.
    private static func place(in bytes: [UInt8], using random: inout FastRandom) -> Int {
        let edges = bytes.indices.filter { $0 == 0 || "\r\n :;,=/".utf8.contains(bytes[$0 - 1]) }
        if Int.random(in: 0..<3, using: &random) > 0, let edge = edges.randomElement(using: &random) { return edge }
        return Int.random(in: 0..<bytes.count, using: &random)
    }

    static func cut(_ bytes: [UInt8], using random: inout FastRandom) -> [ArraySlice<UInt8>] {
        let cuts = (0..<Int.random(in: 1...6, using: &random)).map { _ in
            Int.random(in: 0...bytes.count, using: &random)
        }
        let ends = ([0] + cuts + [bytes.count]).sorted()
        return zip(ends, ends.dropFirst()).map { bytes[$0..<$1] }
    }

    static func text(_ bytes: [UInt8]) -> String {
        bytes.map {
            (0x20...0x7e).contains($0) && $0 != 0x5c ? String(Unicode.Scalar($0)) : "\\x" + String($0, radix: 16)
        }
        .joined()
    }
}
