// Frames of HTTP/2, spoilt: however their bytes are cut, the same requests are found in them, and nothing traps.

import Configuration
import Pipeline
import Testing

@Suite struct HTTP2FuzzTests {
    @Test func `what HTTP 2 makes of bytes depends on nothing but the bytes`() throws {
        let end = FuzzTests.seconds.map { ContinuousClock.now + .seconds($0) }
        var seed = FuzzTests.firstSeed
        var answered = 0
        var closed = 0
        while end.map({ ContinuousClock.now < $0 }) ?? (seed < FuzzTests.firstSeed + 500) {
            var random = FastRandom(seed: seed)
            let bytes = Frames.stream(using: &random)
            let whole = try FuzzedEdge.run([bytes[...]], LimitSettings())
            let inPieces = try FuzzedEdge.run(Spoilt.cut(bytes, using: &random), LimitSettings())

            if bytes.contains(Frames.goAway) {
                // Once all is answered, a client that said it goes is not waited for, and its next frame may come too late.
                let both = zip(inPieces.requests, whole.requests)
                #expect(both.allSatisfy(==), "seed \(seed): \(Spoilt.text(bytes))")
            } else {
                #expect(inPieces.requests == whole.requests, "seed \(seed): \(Spoilt.text(bytes))")
                #expect(inPieces.isClosed == whole.isClosed, "seed \(seed): \(Spoilt.text(bytes))")
            }
            answered += whole.requests.count
            closed += whole.isClosed ? 1 : 0
            seed += 1
        }
        #expect(answered > 100)
        #expect(closed > 100)
        if FuzzTests.seconds != nil {
            print(
                "\(seed - FuzzTests.firstSeed) streams of frames from seed \(FuzzTests.firstSeed): \(answered) requests."
            )
        }
    }
}

/// Frames by hand (RFC 9113, sections 4 and 6).
private enum Frames {
    /// In no other frame this byte has a place, as long as it is not spoilt.
    static let goAway: UInt8 = 7

    static func stream(using random: inout FastRandom) -> [UInt8] {
        var bytes = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
        var frames = frame(4, 0, 0, [])
        var stream = 1
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            frames += any(&stream, using: &random)
        }
        for _ in 0..<Int.random(in: 0...3, using: &random) { Spoilt.spoil(&frames, using: &random) }
        bytes += frames
        return bytes
    }

    private static func any(_ stream: inout Int, using random: inout FastRandom) -> [UInt8] {
        switch Int.random(in: 0...11, using: &random) {
        case 0: return frame(4, 0, 0, [0, 4, 0, 0, 0xff, 0xff, 0, 3, 0, 0, 0, 100])
        case 1: return frame(6, 0, 0, Array("12345678".utf8))
        case 2: return frame(8, 0, Int.random(in: 0...stream, using: &random), [0, 0, 0x10, 0])
        case 3: return frame(3, 0, Int.random(in: 0...stream, using: &random), [0, 0, 0, 8])
        case 4: return frame(2, 0, stream, [0, 0, 0, 0, 16])
        case 5: return frame(0xaa, 0, 0, [1, 2, 3])
        case 6: return frame(Self.goAway, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0])
        case 7:
            defer { stream += 2 }
            // A head in two frames, then a body that is padded.
            return frame(1, 0, stream, Array(head("POST").prefix(5)))
                + frame(9, 4, stream, Array(head("POST").dropFirst(5))) + frame(0, 9, stream, [2, 97, 98, 99, 0, 0])
        default:
            defer { stream += 2 }
            return frame(1, 5, stream, head("GET"))
        }
    }

    /// Method, scheme and path from the static table where they are there, the rest as literals (RFC 7541).
    private static func head(_ method: String) -> [UInt8] {
        [method == "GET" ? 0x82 : 0x83, 0x86, 0x84, 0x41, 1] + Array("a".utf8)
            + [0x40, 3] + Array("x-a".utf8) + [1] + Array("b".utf8)
    }

    private static func frame(_ kind: UInt8, _ flags: UInt8, _ stream: Int, _ payload: [UInt8]) -> [UInt8] {
        let length = payload.count
        return [UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255), kind, flags]
            + (0..<4).map { UInt8(stream >> (24 - 8 * $0) & 255) } + payload
    }
}
