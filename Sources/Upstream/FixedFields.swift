// Header fields that are the same for all calls, in the form libcurl reads: it does not copy them, so no call allocates one.

internal import CCurl

/// A list of header lines that is written once and shared by all transfers to one endpoint on one loop.
final class FixedFields {
    /// libcurl's own `Host` and `Accept` are not sent.
    static func withoutLibcurlsOwn() -> FixedFields { FixedFields(["Host:", "Accept:"]) }

    /// Nor is what it says of a body that is sent, but for its length; and it does not wait to be asked for that.
    static func withoutLibcurlsOwnOfBodies() -> FixedFields {
        FixedFields(["Host:", "Accept:", "Content-Type:", "Expect:"])
    }

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
