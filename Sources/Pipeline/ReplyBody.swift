// A reply's bytes. simdjson reads a little past the end of what it checks, so the buffer always has room for that.

/// A growing buffer of bytes with `padding` bytes of its own behind the last one. Owned by one thread at a time.
package final class ReplyBody {
    /// Bytes that may be read, though they mean nothing, behind `count` (simdjson's SIMDJSON_PADDING is 32 or 64).
    package static let padding = 64

    package private(set) var count = 0
    private var capacity: Int
    private var start: UnsafeMutablePointer<UInt8>

    package init(capacity: Int = 4096) {
        self.capacity = capacity
        start = .allocate(capacity: capacity + Self.padding)
        (start + capacity).initialize(repeating: 0, count: Self.padding)
    }

    package convenience init(_ bytes: some Collection<UInt8>) {
        self.init(capacity: max(bytes.count, 1))
        Array(bytes).withUnsafeBytes { append($0) }
    }

    deinit { start.deallocate() }

    /// Memory that it takes.
    package var allocated: Int { capacity + Self.padding }

    /// The bytes so far. Valid until the next `append`, and while the body lives.
    package var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: start, count: count) }

    package func append(_ more: UnsafeRawBufferPointer) {
        guard let source = more.baseAddress else { return }
        if count + more.count > capacity { grow(to: max(capacity * 2, count + more.count)) }
        UnsafeMutableRawPointer(start + count).copyMemory(from: source, byteCount: more.count)
        count += more.count
    }

    private func grow(to needed: Int) {
        let wider = UnsafeMutablePointer<UInt8>.allocate(capacity: needed + Self.padding)
        wider.initialize(from: start, count: count)
        (wider + count).initialize(repeating: 0, count: needed + Self.padding - count)
        start.deallocate()
        start = wider
        capacity = needed
    }
}
