// The PROXY protocol's header as a value: each form whole, and at every split.

import Configuration
import Testing

@testable import Edge

@Suite struct ProxyHeaderTests {
    private static let signature: [UInt8] = [0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]
    private static let four: [UInt8] = [192, 0, 2, 1, 198, 51, 100, 1, 0xdc, 4, 1, 0xbb]
    private static let six: [UInt8] =
        [0x20, 0x01, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 11) + [1]
        + [UInt8](repeating: 9, count: 16) + [0xdc, 4, 1, 0xbb]
    private static let mapped =
        [UInt8](repeating: 0, count: 10) + [0xff, 0xff, 192, 0, 2, 9]
        + [UInt8](repeating: 0, count: 20)

    /// A header of version 2.
    private static func two(_ command: UInt8, _ family: UInt8, _ rest: [UInt8], length: Int? = nil) -> [UInt8] {
        let length = length ?? rest.count
        return signature + [command, family, UInt8(length >> 8), UInt8(length & 0xff)] + rest
    }

    /// A complete header, and the client it names; nil: none.
    static let complete: [(header: [UInt8], client: String?)] = [
        (Array("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n".utf8), "192.0.2.1"),
        (Array("PROXY TCP4 255.255.255.255 255.255.255.255 65535 0\r\n".utf8), "255.255.255.255"),
        (Array("PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n".utf8), "2001:db8::1"),
        (Array("PROXY TCP6 2001:0DB8:0:0:0:0:0:1 ::1 1 2\r\n".utf8), "2001:db8::1"),
        (Array("PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n".utf8), "192.0.2.1"),
        (Array("PROXY UNKNOWN\r\n".utf8), nil),
        (Array("PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n".utf8), nil),
        (Array(("PROXY UNKNOWN " + String(repeating: "x", count: 91) + "\r\n").utf8), nil),
        (two(0x21, 0x11, four), "192.0.2.1"),
        (two(0x21, 0x21, six), "2001:db8::1"),
        (two(0x21, 0x21, mapped), "192.0.2.9"),
        (two(0x21, 0x11, four + [0x03, 0, 4, 1, 2, 3, 4]), "192.0.2.1"),
        (two(0x21, 0x11, four + [UInt8](repeating: 4, count: 4084)), "192.0.2.1"),
        (two(0x21, 0x31, [UInt8](repeating: 0, count: 216)), nil),
        (two(0x21, 0x00, []), nil),
        (two(0x20, 0x00, []), nil),
        // The balancer's own: the family means nothing then.
        (two(0x20, 0x11, four), nil), (two(0x20, 0xff, [1, 2, 3]), nil),
    ]

    @Test(arguments: complete.indices)
    func `a header is read at whatever byte it is split`(place: Int) {
        let (header, client) = Self.complete[place]
        let more = Array("GET / HTTP/1.1\r\n\r\n".utf8)

        // Long ones hold the same byte over and over.
        for length in stride(from: 0, to: header.count, by: max(1, header.count / 300)) {
            #expect(ProxyHeader(header.prefix(length)) == .incomplete, "\(length) bytes")
        }
        let found = ProxyHeader(header + more)

        #expect(found == .complete(length: header.count, client: client.flatMap { IPAddress($0) }))
    }

    static let malformed: [[UInt8]] =
        [
            "GET / HTTP/1.1\r\n", "proxy TCP4 ", "PROXY  TCP4 192.0.2.1 198.51.100.1 1 2\r\n", "PROXZ", "\u{16}",
            " PROXY", "\r\n\r\nx", "\n",
            "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\n", "PROXY TCP4 192.0.2.1 198.51.100.1 56324\r\n",
            "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443 1\r\n", "PROXY TCP4 192.0.2.1  198.51.100.1 56324 443\r\n",
            "PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n", "PROXY TCP6 192.0.2.1 198.51.100.1 1 2\r\n",
            "PROXY TCP4 192.0.2.1 2001:db8::2 1 2\r\n", "PROXY TCP4 192.0.2.256 198.51.100.1 1 2\r\n",
            "PROXY TCP4 192.0.2.01 198.51.100.1 1 2\r\n", "PROXY TCP4 192.0.2.1 198.51.100.1 65536 2\r\n",
            "PROXY TCP4 192.0.2.1 198.51.100.1 01 2\r\n", "PROXY TCP4 192.0.2.1 198.51.100.1 -1 2\r\n",
            "PROXY TCP4 192.0.2.1 198.51.100.1 +1 2\r\n", "PROXY TCP4 192.0.2.1 198.51.100.1 1 \r\n",
            "PROXY TCP4 192.0.2.1\u{0} 198.51.100.1 1 2\r\n", "PROXY UDP4 192.0.2.1 198.51.100.1 1 2\r\n",
            "PROXY unknown\r\n", "PROXY \r\n", "PROXY UNKNOWN\n", "PROXY UNKNOWN " + String(repeating: "x", count: 93),
        ].map { Array($0.utf8) } + [
            // Version 1 and 3; commands that are none; families and transports that are none here; lengths that are too short
            // for the addresses, and one that is longer than anybody needs.
            two(0x11, 0x11, four), two(0x31, 0x11, four), two(0x22, 0x11, four), two(0x2f, 0x11, four),
            two(0x21, 0x12, four), two(0x21, 0x22, six), two(0x21, 0x10, four), two(0x21, 0x41, six),
            two(0x21, 0x11, Array(four.dropLast())), two(0x21, 0x21, Array(six.dropLast())), two(0x21, 0x31, six),
            two(0x21, 0x11, [], length: 4097), two(0x20, 0x00, [], length: 65_535),
        ]

    @Test(arguments: malformed.indices)
    func `what is no header is found out, and not only at its end`(place: Int) {
        let bytes = Self.malformed[place]

        #expect(ProxyHeader(bytes) == .malformed)
        // Whatever came before, it never counts as a header.
        for length in 0..<bytes.count {
            if case .complete = ProxyHeader(bytes.prefix(length)) { Issue.record("complete after \(length) bytes") }
        }
    }

    @Test func `no bytes at all make it trap`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            var bytes = Self.complete.randomElement(using: &random)?.header ?? []
            for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
            }

            if case .complete(let length, _) = ProxyHeader(bytes) { #expect(length <= bytes.count) }
        }
    }
}
