// Goes over a client's bytes from frame header to frame header. libnghttp2 tells nothing of frames it ignores, and what
// it ignores is what floods are made of.

/// Finds each frame's header before the frame is processed, however the bytes are split.
struct FrameWalk {
    enum Step: Equatable {
        /// The first so many of the bytes belong to what was seen before, or to a header that is not complete.
        case inside(Int)
        /// The first so many of the bytes complete the header of a frame.
        case frame(FrameHeader, Int)
    }

    /// Bytes still to come before the next frame header; at first those of the preface.
    private var rest = Preface.bytes.count
    /// The first bytes of a header whose end had not come yet.
    private var begun: [UInt8] = []

    /// Looks at the next bytes, at least one.
    mutating func step(_ bytes: UnsafeRawBufferPointer) -> Step {
        if rest > 0 {
            let part = min(rest, bytes.count)
            rest -= part
            return .inside(part)
        }
        let missing = FrameHeader.size - begun.count
        guard bytes.count >= missing else {
            begun += bytes
            return .inside(bytes.count)
        }
        let end = UnsafeRawBufferPointer(rebasing: bytes[..<missing])
        let header = begun.isEmpty ? FrameHeader(end) : FrameHeader(begun + end)
        begun.removeAll(keepingCapacity: true)
        rest = header.length
        return .frame(header, missing)
    }
}
