// The rules of HTTP/2's frames, as values: nothing is read, nothing written, no clock runs.

import Configuration
import NIOCore
import Testing

@testable import Edge

@Suite struct PrefaceTests {
    private func judge(_ bytes: some Sequence<UInt8>) -> Preface.Finding {
        Preface.judge(ByteBuffer(bytes: bytes).readableBytesView)
    }

    @Test func `is HTTP-2 with its last byte, and undecided with each before`() {
        let whole = Preface.bytes

        #expect(judge(whole) == .http2)
        #expect(judge(whole + [0, 0, 0]) == .http2)
        for count in 0..<whole.count { #expect(judge(whole.prefix(count)) == .undecided) }
    }

    @Test(arguments: ["G", "GET / HTTP/1.1\r\n", "PO", "PRIX", "PRI * HTTP/2.1", "\r\n", "\u{16}\u{3}", "pri * "])
    func `is HTTP-1-1 with the first other byte`(text: String) {
        #expect(judge(text.utf8) == .http1)
    }
}

@Suite struct FrameWalkTests {
    private let frames = [
        FrameHeader(length: 0, kind: .settings, flags: 1, stream: 0),
        FrameHeader(length: 300, kind: .data, flags: 9, stream: 7),
        FrameHeader(length: 8, kind: .ping, stream: 0),
        FrameHeader(length: 4, kind: .windowUpdate, stream: 7),
        FrameHeader(length: 5, kind: .windowUpdate, stream: 7),
        FrameHeader(length: 16_384, kind: nil, flags: 255, stream: .max),
    ]
    private var bytes: [UInt8] { Preface.bytes + frames.flatMap { $0.bytes + Array(repeating: 0, count: $0.length) } }

    /// All frame headers seen, where the bytes come in pieces of a size.
    private func seen(inPiecesOf size: Int) -> [FrameHeader] {
        var walk = FrameWalk()
        var found: [FrameHeader] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            var piece = rest.prefix(size)[...]
            rest = rest.dropFirst(size)
            while !piece.isEmpty {
                switch piece.withUnsafeBytes({ walk.step($0) }) {
                case .inside(let count), .begun(let count): piece = piece.dropFirst(count)
                case .frame(let header, let count):
                    found.append(header)
                    piece = piece.dropFirst(count)
                }
            }
        }
        return found
    }

    @Test(arguments: [1, 2, 5, 8, 9, 10, 23, 24, 25, 100, 1_000_000])
    func `sees each frame's header once, however the bytes are split`(size: Int) {
        #expect(seen(inPiecesOf: size) == frames)
    }
}

@Suite struct StreamFaultTests {
    /// What a walk finds wrong with the last of some frames.
    private func fault(_ frames: [UInt8]...) -> ErrorCode? {
        var walk = FrameWalk()
        var rest = (Preface.bytes + frames.flatMap { $0 })[...]
        var fault: ErrorCode?
        while !rest.isEmpty {
            switch rest.withUnsafeBytes({ walk.step($0) }) {
            case .inside(let count), .begun(let count): rest = rest.dropFirst(count)
            case .frame(_, let count):
                rest = rest.dropFirst(count)
                fault = walk.streamFault
            }
        }
        return fault
    }

    @Test func `is WINDOW_UPDATE by nothing, and PRIORITY of another length than five`() {
        #expect(fault(Wire.windowUpdate(1, 0)) == .protocolError)
        #expect(fault(Wire.windowUpdate(1, 1 << 31)) == .protocolError)
        #expect(fault(Wire.frame(2, stream: 1, [])) == .frameSizeError)
        #expect(fault(Wire.frame(2, stream: 1, [0, 0, 0, 0])) == .frameSizeError)
    }

    @Test func `is nothing that is right, or the connection's`() {
        #expect(fault(Wire.windowUpdate(1, 1)) == nil)
        #expect(fault(Wire.windowUpdate(0, 0)) == nil)
        #expect(fault(Wire.frame(8, stream: 1, [0, 0, 0])) == nil)
        #expect(fault(Wire.priority(1)) == nil)
        #expect(fault(Wire.frame(2, stream: 0, [0])) == nil)
        #expect(fault(Wire.frame(2, stream: 1, Array(repeating: 0, count: 16_385))) == nil)
    }

    @Test func `is nothing within a section of fields, where no such frame may stand`() {
        let begun = Wire.headers(1, Wire.get(), flags: Wire.endStream)

        #expect(fault(begun, Wire.windowUpdate(1, 0)) == nil)
        #expect(fault(begun, Wire.frame(2, stream: 1, [0])) == nil)
        #expect(fault(begun, Wire.continuation(1, []), Wire.windowUpdate(1, 0)) == .protocolError)
    }
}

@Suite struct StreamOrderTests {
    private let start = ContinuousClock.now

    private func headers(_ stream: Int32) -> FrameHeader { FrameHeader(length: 10, kind: .headers, stream: stream) }
    private func data(_ stream: Int32) -> FrameHeader { FrameHeader(length: 10, kind: .data, stream: stream) }

    @Test func `allows what comes on open streams`() {
        var order = StreamOrder()

        let faults = [headers(1), data(1), headers(3), data(1), headers(1)].map { order.fault(of: $0, at: start) }

        #expect(faults.allSatisfy { $0 == nil })
    }

    @Test func `finds what comes on a stream that is closed`() {
        var order = StreamOrder()
        _ = order.fault(of: headers(1), at: start)

        order.close(1)
        let faults = [order.fault(of: data(1), at: start), order.fault(of: headers(1), at: start)]

        #expect(faults == [.streamClosed, .streamClosed])
    }

    @Test func `finds what comes on a stream that was left out`() {
        var order = StreamOrder()
        _ = order.fault(of: headers(7), at: start)

        let faults = [order.fault(of: headers(3), at: start), order.fault(of: data(5), at: start)]

        #expect(faults == [.protocolError, .protocolError])
    }

    @Test func `gives a client a second to learn of a reset`() {
        var order = StreamOrder()
        _ = order.fault(of: headers(1), at: start)

        order.reset(1, at: start)
        order.close(1)
        let before = order.fault(of: data(1), at: start + .milliseconds(999))
        let after = order.fault(of: data(1), at: start + .seconds(1))

        #expect(before == nil)
        #expect(after == .streamClosed)
    }

    @Test func `remembers nothing of streams that are not taken any more`() {
        var order = StreamOrder()
        _ = order.fault(of: headers(1), at: start)
        order.takeNoMore(behind: 1)

        let faults = [headers(3), data(3), headers(3), headers(5)].map { order.fault(of: $0, at: start) }

        #expect(faults.allSatisfy { $0 == nil })
        #expect(order.ignores(headers(3)) && !order.ignores(headers(1)) && !order.ignores(data(3)))
        #expect(order.isOpen(1) && !order.isOpen(3) && !order.isOpen(5))
    }

    @Test func `leaves to libnghttp2 what it finds itself`() {
        var order = StreamOrder()

        // No stream, a stream of ours, data before a header, other kinds.
        let frames = [
            data(0), headers(0), headers(2), data(9), FrameHeader(length: 4, kind: .reset, stream: 1),
            FrameHeader(length: 4, kind: .windowUpdate, stream: 1),
        ]
        let faults = frames.map { order.fault(of: $0, at: start) }

        #expect(faults.allSatisfy { $0 == nil })
    }

    @Test func `remembers a bounded number of streams that were left out`() {
        var order = StreamOrder()
        for stream in stride(from: Int32(5), to: 405, by: 4) { _ = order.fault(of: headers(stream), at: start) }

        let early = order.fault(of: headers(3), at: start)
        let late = order.fault(of: headers(399), at: start)

        #expect(early == .streamClosed)
        #expect(late == .protocolError)
    }
}

@Suite struct AllowanceTests {
    private let start = ContinuousClock.now

    @Test func `is so many at once, and so many a second`() {
        var allowance = Allowance(burst: 5, perSecond: 2, at: start)

        let burst = (0..<6).map { _ in allowance.spend(at: start) }
        let later = (0..<3).map { _ in allowance.spend(at: start + .seconds(1)) }

        #expect(burst == [true, true, true, true, true, false])
        #expect(later == [true, true, false])
    }

    @Test func `is never more than so many at once`() {
        var allowance = Allowance(burst: 2, perSecond: 100, at: start)
        allowance.earn(50)

        let spent = (0..<3).map { _ in allowance.spend(at: start + .seconds(60)) }

        #expect(spent == [true, true, false])
    }

    @Test func `does not grow by clocks that stand or go back`() {
        var allowance = Allowance(burst: 1, perSecond: 1, at: start)

        let spent = [start, start, start - .seconds(5)].map { allowance.spend(at: $0) }

        #expect(spent == [true, false, false])
    }
}

@Suite struct ProgressTests {
    private let start = ContinuousClock.now

    @Test func `an answer must move by a good piece in time`() {
        var progress = Progress(ServerTimeouts(), at: start)

        progress.count(16 * 1024 - 1, at: start + .seconds(20))
        let dripped = progress.due
        progress.count(1, at: start + .seconds(25))

        #expect(dripped == start + .seconds(30))
        #expect(progress.due == start + .seconds(55))
    }

    @Test func `an answer over HTTP-1-1 may take as long as it moves`() {
        let answer = SlowAnswer(left: 1_000_000, ServerTimeouts(), at: start)

        let moves = (1...40).map { look in
            answer.hasMoved(left: 1_000_000 - look * 5000, at: start + .milliseconds(7500) * look)
        }
        let next = answer.nextLook(at: start + .seconds(300))

        #expect(moves.allSatisfy { $0 })
        #expect(next == start + .milliseconds(307_500))
    }

    @Test func `an answer over HTTP-1-1 that stops or drips is left`() {
        let stopped = SlowAnswer(left: 1_000_000, ServerTimeouts(), at: start)
        let dripping = SlowAnswer(left: 1_000_000, ServerTimeouts(), at: start)

        let stops = (1...4).map { stopped.hasMoved(left: 983_000, at: start + .milliseconds(7500) * $0) }
        let stays = stopped.hasMoved(left: 983_000, at: start + .milliseconds(37_500))
        let drips = (1...4).map { look in
            dripping.hasMoved(left: 1_000_000 - look, at: start + .milliseconds(7500) * look)
        }

        #expect(stops == [true, true, true, true])
        #expect(!stays)
        #expect(drips == [true, true, true, false])
        #expect(dripping.nextLook(at: start + .milliseconds(29_000)) == start + .seconds(30))
    }
}

extension FrameHeader {
    var bytes: [UInt8] {
        [UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255), kind?.rawValue ?? 0xfe, flags]
            + (0..<4).map { UInt8(stream >> (24 - 8 * $0) & 255) }
    }
}
