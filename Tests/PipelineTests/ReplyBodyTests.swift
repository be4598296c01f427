// The buffer that simdjson reads past the end of.

import Pipeline
import Testing

struct ReplyBodyTests {
    private func append(_ bytes: [UInt8], to body: ReplyBody) {
        bytes.withUnsafeBytes { body.append($0) }
    }

    @Test(arguments: [0, 1, 7, 4096])
    func `holds what was appended, whatever room it began with`(capacity: Int) {
        let body = ReplyBody(capacity: capacity)
        var expected: [UInt8] = []
        var random = FastRandom(seed: 5)

        for size in [0, 1, 2, 63, 64, 65, 1000, 4096, 1, 100_000, 3] {
            let piece = (0..<size).map { _ in UInt8.random(in: 0 ... .max, using: &random) }
            append(piece, to: body)
            expected += piece
            #expect(body.count == expected.count)
            withExtendedLifetime(body) { #expect(Array(body.bytes) == expected) }
        }
    }

    @Test func `has room behind its last byte that may be read, at every length`() {
        let body = ReplyBody(capacity: 0)
        for length in 1...500 {
            append([UInt8(truncatingIfNeeded: length)], to: body)
            // Only that it may be read matters; AddressSanitizer sees if it may not.
            let beyond = UnsafeBufferPointer(start: body.bytes.baseAddress, count: body.count + ReplyBody.padding)
            #expect(beyond.count == length + ReplyBody.padding)
            withExtendedLifetime(body) { _ = beyond.reduce(0) { $0 &+ Int($1) } }
        }
    }

    @Test func `is empty at first, and stays so when nothing is appended`() {
        let body = ReplyBody(capacity: 0)

        body.append(UnsafeRawBufferPointer(start: nil, count: 0))

        #expect(body.count == 0)
        withExtendedLifetime(body) { #expect(Array(body.bytes) == []) }
    }

    @Test func `is made of any bytes`() {
        let nothing = ReplyBody([])
        let some = ReplyBody("abc".utf8)

        withExtendedLifetime((nothing, some)) {
            #expect(Array(nothing.bytes) == [])
            #expect(Array(some.bytes) == Array("abc".utf8))
        }
    }
}
