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
            throw Failure(.internalError, .gateway, "A header value for an upstream is too long or holds a control character.")
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

    /// Adds one line made of pieces.
    func add(_ name: StaticString, _ pieces: String...) {
        let size = name.utf8CodeUnitCount + pieces.reduce(0) { $0 + $1.utf8.count } + 1
        guard count < Self.most, used + size <= Self.capacity else { return isSound = false }
        let start = text + used
        start.update(from: name.utf8Start, count: name.utf8CodeUnitCount)
        used += name.utf8CodeUnitCount
        for piece in pieces { append(piece) }
        text[used] = 0
        used += 1
        start.withMemoryRebound(to: CChar.self, capacity: size) { line in
            (nodes + count).initialize(to: curl_slist(data: line, next: nodes + count + 1))
        }
        count += 1
    }

    private func append(_ piece: String) {
        for byte in piece.utf8 {
            if byte < 0x20 || byte == 0x7f { isSound = false }
            text[used] = byte
            used += 1
        }
    }
}
