// The header fields of one transfer, as libcurl reads them: nodes of a list that the transfer owns and writes anew for
// each call, before fields that never change. libcurl does not copy the list, so no call allocates one.

internal import CCurl
internal import Pipeline

/// A list of header lines that is written once and shared by all transfers to one upstream of one loop.
final class FixedHeaderLines {
    private let nodes: UnsafeMutablePointer<curl_slist>
    private let count: Int

    /// `lines` are whole fields (`Accept: application/json`), at least one, checked before.
    init(_ lines: [String]) {
        count = lines.count
        nodes = .allocate(capacity: lines.count)
        for (place, line) in lines.enumerated() {
            let text = UnsafeMutableBufferPointer<CChar>.allocate(capacity: line.utf8.count + 1)
            _ = text.initialize(fromContentsOf: line.utf8.map { CChar(bitPattern: $0) } + [0])
            let next = place + 1 < lines.count ? nodes + place + 1 : nil
            (nodes + place).initialize(to: curl_slist(data: text.baseAddress, next: next))
        }
    }

    deinit {
        for place in 0..<count { nodes[place].data.deallocate() }
        nodes.deallocate()
    }

    var first: UnsafeMutablePointer<curl_slist> { nodes }
}

/// Header lines written anew for each call, followed by fixed ones.
final class HeaderLines {
    private static let most = 8
    private static let capacity = 2048
    private let text: UnsafeMutablePointer<UInt8>
    private let nodes: UnsafeMutablePointer<curl_slist>
    private let fixed: FixedHeaderLines
    private var used = 0
    /// Where the line that is being written begins.
    private var beginning = 0
    private var count = 0
    private var isSound = true

    init(before fixed: FixedHeaderLines) {
        self.fixed = fixed
        text = .allocate(capacity: Self.capacity)
        nodes = .allocate(capacity: Self.most)
    }

    deinit {
        text.deallocate()
        nodes.deallocate()
    }

    /// The list for `CURLOPT_HTTPHEADER`. Valid until the next `begin`.
    /// - Throws: `internalError` if a value could not be sent: libcurl sends control characters as they are.
    func list() throws(Failure) -> UnsafeMutablePointer<curl_slist> {
        guard isSound else {
            throw Failure(
                .internalError, .gateway, "A header value for an upstream is too long or holds a control character.")
        }
        guard count > 0 else { return fixed.first }
        nodes[count - 1].next = fixed.first
        return nodes
    }

    func begin() {
        used = 0
        count = 0
        isSound = true
    }

    /// Adds one line.
    func add(_ name: StaticString, _ value: String) {
        start(name)
        append(value)
        finish()
    }

    /// Adds `traceparent` (W3C Trace Context, section 3.2) for a call whose span is `span`.
    func add(_ trace: Trace, span: UInt64) {
        start("traceparent: 00-")
        append(trace.id)
        append("-")
        if used + 16 < Self.capacity {
            Hex.write(span, to: text + used)
            used += 16
        } else {
            isSound = false
        }
        append(trace.isSampled ? "-01" : "-00")
        finish()
        if !trace.state.isEmpty { add("tracestate: ", trace.state) }
    }

    private func start(_ name: StaticString) {
        beginning = used
        guard count < Self.most, used + name.utf8CodeUnitCount < Self.capacity else { return isSound = false }
        (text + used).update(from: name.utf8Start, count: name.utf8CodeUnitCount)
        used += name.utf8CodeUnitCount
    }

    private func append(_ piece: String) {
        var piece = piece
        piece.withUTF8 { bytes in
            guard used + bytes.count < Self.capacity else { return isSound = false }
            var lowest: UInt8 = 0xff
            for place in 0..<bytes.count {
                let byte = bytes[place]
                lowest = min(lowest, byte == 0x7f ? 0 : byte)
                text[used + place] = byte
            }
            if lowest < 0x20 { isSound = false }
            used += bytes.count
        }
    }

    /// Ends the line and links it to what comes next.
    private func finish() {
        guard isSound else { return }
        text[used] = 0
        used += 1
        (text + beginning).withMemoryRebound(to: CChar.self, capacity: used - beginning) { line in
            (nodes + count).initialize(to: curl_slist(data: line, next: nodes + count + 1))
        }
        count += 1
    }
}
