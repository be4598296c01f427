// Whether a frame may come on its stream. libnghttp2 keeps no closed streams and ignores what comes for them; RFC 9113
// (sections 5.1 and 5.1.1) wants an error, unless the client may not know yet that the stream is closed.

struct StreamOrder {
    /// A client has this long to learn of a reset; what it sends until then is ignored.
    private static let grace = Duration.seconds(1)
    /// Ranges of stream ids that were left out are remembered up to this many: who leaves out more is told less exactly.
    private static let mostGaps = 16

    private var last: Int32 = 0
    /// The last stream that is taken; what comes on later ones libnghttp2 ignores, and does not tell when they end.
    private var mostTaken = Int32.max
    private var open: Set<Int32> = []
    private var gaps: [Range<Int32>] = []
    private var resets: [(stream: Int32, until: ContinuousClock.Instant)] = []

    /// What is wrong with a frame, as a connection error. What libnghttp2 finds itself is left to it.
    mutating func fault(of frame: FrameHeader, at now: ContinuousClock.Instant) -> ErrorCode? {
        guard frame.kind == .headers || frame.kind == .data, frame.stream % 2 == 1 else { return nil }
        guard frame.stream <= mostTaken else { return nil }
        if frame.stream > last {
            if frame.kind == .headers { begin(frame.stream) }
            return nil
        }
        guard !open.contains(frame.stream), !wasReset(frame.stream, at: now) else { return nil }
        return gaps.contains { $0.contains(frame.stream) } ? .protocolError : .streamClosed
    }

    /// The client was told that no stream behind this one is taken.
    mutating func takeNoMore(behind stream: Int32) {
        mostTaken = min(mostTaken, stream)
    }

    /// Whether a frame would open a stream that is not taken any more.
    func ignores(_ frame: FrameHeader) -> Bool { frame.kind == .headers && frame.stream > mostTaken }

    func isOpen(_ stream: Int32) -> Bool { open.contains(stream) }

    /// libnghttp2 or we closed a stream.
    mutating func close(_ stream: Int32) {
        open.remove(stream)
    }

    /// We reset a stream.
    mutating func reset(_ stream: Int32, at now: ContinuousClock.Instant) {
        resets.removeAll { $0.until <= now }
        resets.append((stream, now.advanced(by: Self.grace)))
    }

    private mutating func begin(_ stream: Int32) {
        if stream - last > 2 {
            gaps.append(last + 1..<stream)
            if gaps.count > Self.mostGaps { gaps.removeFirst() }
        }
        last = stream
        open.insert(stream)
    }

    private func wasReset(_ stream: Int32, at now: ContinuousClock.Instant) -> Bool {
        resets.contains { $0.stream == stream && now < $0.until }
    }
}
