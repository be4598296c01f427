// Goes over a client's bytes from frame to frame, before libnghttp2 does: it tells nothing of frames that it ignores, and
// what it ignores is what floods are made of; and it ends a connection for faults that are a stream's alone.

/// Finds each frame before it is processed, however the bytes are split.
struct FrameWalk {
    enum Step: Equatable {
        /// The first so many of the bytes belong to what was found before.
        case inside(Int)
        /// The first so many of the bytes begin a frame that cannot be judged yet. They are kept.
        case begun(Int)
        /// The first so many of the bytes complete what is looked at of a frame: its header, with a WINDOW_UPDATE all of it.
        case frame(FrameHeader, Int)
    }

    private typealias Finding = (header: FrameHeader, size: Int, increment: UInt32?)

    private static let windowUpdateLength = 4
    private static let priorityLength = 5
    /// Frames are no longer than this unless we allow it, which we do not (RFC 9113, section 4.2).
    private static let longestFrame = 16_384

    /// Bytes still to come before the next frame; at first those of the preface.
    private var rest = Preface.bytes.count
    /// What was kept of the frame that begins, or was just found.
    private(set) var kept: [UInt8] = []
    private var isFound = false
    /// Whether a section of fields is not complete: nothing but more of it may come.
    private var isInSection = false
    /// What is wrong with the frame just found, where that is an error of its stream alone: WINDOW_UPDATE by nothing,
    /// PRIORITY of a wrong length (RFC 9113, sections 6.9 and 6.3).
    private(set) var streamFault: ErrorCode?

    /// Looks at the next bytes, at least one.
    mutating func step(_ bytes: UnsafeRawBufferPointer) -> Step {
        if isFound {
            isFound = false
            kept.removeAll(keepingCapacity: true)
        }
        if rest > 0 {
            let part = min(rest, bytes.count)
            rest -= part
            return .inside(part)
        }
        guard let found = find(bytes) else {
            kept += bytes
            return .begun(bytes.count)
        }
        isFound = true
        rest = FrameHeader.size + found.header.length - found.size
        streamFault = fault(of: found)
        switch found.header.kind {
        case .headers, .pushPromise, .continuation: isInSection = !found.header.has(FrameHeader.endHeaders)
        default: break
        }
        return .frame(found.header, found.size - kept.count)
    }

    private func find(_ bytes: UnsafeRawBufferPointer) -> Finding? {
        guard !kept.isEmpty else { return Self.find(bytes) }
        return (kept + bytes.prefix(FrameHeader.size + Self.windowUpdateLength)).withUnsafeBytes { Self.find($0) }
    }

    /// The frame that begins with these bytes. Nil: they are too few.
    private static func find(_ bytes: UnsafeRawBufferPointer) -> Finding? {
        guard bytes.count >= FrameHeader.size else { return nil }
        let header = FrameHeader(UnsafeRawBufferPointer(rebasing: bytes[..<FrameHeader.size]))
        guard header.kind == .windowUpdate, header.length == windowUpdateLength else {
            return (header, FrameHeader.size, nil)
        }
        let size = FrameHeader.size + windowUpdateLength
        guard bytes.count >= size else { return nil }
        // The first bit means nothing.
        let increment = bytes[FrameHeader.size..<size].reduce(0) { $0 << 8 | UInt32($1) } & 0x7fff_ffff
        return (header, size, increment)
    }

    private func fault(of found: Finding) -> ErrorCode? {
        guard !isInSection, found.header.stream != 0 else { return nil }
        if found.increment == 0 { return .protocolError }
        let length = found.header.length
        let isMisfit = found.header.kind == .priority && length != Self.priorityLength && length <= Self.longestFrame
        return isMisfit ? .frameSizeError : nil
    }
}
