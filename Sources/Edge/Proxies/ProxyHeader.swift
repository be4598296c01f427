// The header of the PROXY protocol, versions 1 and 2, by which a balancer says whose connection it hands on
// (haproxy.org/download/3.0/doc/proxy-protocol.txt; sections below are that document's).

internal import Configuration

/// What the first bytes of a connection say, looked at from the first each time: a header is short and mostly comes whole.
enum ProxyHeader: Equatable {
    /// More bytes are needed.
    case incomplete
    /// The header is the first `length` bytes. `client` is nil where the balancer speaks for itself, or cannot say for whom
    /// (LOCAL, UNKNOWN, Unix sockets): then the socket's address holds.
    case complete(length: Int, client: IPAddress?)
    /// Nothing that follows can be trusted.
    case malformed

    /// The longest line of version 1, its CRLF included (section 2.1).
    private static let longestLine = 107
    /// Of version 2, behind the first 16 bytes. Addresses take 216 at most; what balancers add (names, certificates, ids)
    /// is some hundreds, and a bound is needed.
    private static let longestRest = 4096
    private static let signature: [UInt8] = [0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]
    private static let word = Array("PROXY ".utf8)

    init(_ bytes: some RandomAccessCollection<UInt8>) {
        if Self.agree(bytes, Self.signature) {
            self = Self.binary(Array(bytes.prefix(16 + Self.longestRest)))
        } else if Self.agree(bytes, Self.word) {
            self = Self.line(Array(bytes.prefix(Self.longestLine)))
        } else {
            self = .malformed
        }
    }

    /// Whether one begins with the other.
    private static func agree(_ bytes: some RandomAccessCollection<UInt8>, _ beginning: [UInt8]) -> Bool {
        zip(bytes, beginning).allSatisfy { $0 == $1 }
    }

    /// Version 1 (section 2.1): `PROXY TCP4 192.0.2.1 198.51.100.1 56324 443` CRLF.
    private static func line(_ bytes: [UInt8]) -> ProxyHeader {
        guard let end = bytes.firstIndex(of: 0x0a) else {
            return bytes.count == longestLine ? .malformed : .incomplete
        }
        guard end > 0, bytes[end - 1] == 0x0d else { return .malformed }
        let words = bytes[..<(end - 1)].split(separator: 0x20, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        // Whatever stands behind it is to be ignored.
        if words.count > 1, words[1] == "UNKNOWN" { return .complete(length: end + 1, client: nil) }
        guard words.count == 6, let bits = ["TCP4": 32, "TCP6": 128][words[1]],
            let client = IPAddress(words[2]), client.bits == bits, IPAddress(words[3])?.bits == bits,
            isPort(words[4]), isPort(words[5])
        else { return .malformed }
        return .complete(length: end + 1, client: client.plain)
    }

    private static func isPort(_ text: String) -> Bool {
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int(text)
        else { return false }
        // No leading zeros (section 2.1).
        return number <= 65_535 && text == "\(number)"
    }

    /// Version 2 (section 2.2).
    private static func binary(_ bytes: [UInt8]) -> ProxyHeader {
        guard bytes.count >= 13 else { return .incomplete }
        // Version 2, LOCAL or PROXY.
        guard bytes[12] == 0x20 || bytes[12] == 0x21 else { return .malformed }
        guard bytes.count >= 16 else { return .incomplete }
        let rest = Int(bytes[14]) << 8 | Int(bytes[15])
        guard rest <= longestRest else { return .malformed }
        guard bytes.count >= 16 + rest else { return .incomplete }
        // The balancer's own, as for a health check: whatever stands behind it is to be ignored.
        if bytes[12] == 0x20 { return .complete(length: 16 + rest, client: nil) }
        let addresses = bytes[16..<(16 + rest)]
        // Family and transport, and how many bytes the addresses of both sides and their ports take.
        switch bytes[13] {
        case 0x11 where rest >= 12: return .complete(length: 16 + rest, client: IPAddress(bytes: addresses.prefix(4)))
        case 0x21 where rest >= 36:
            return .complete(length: 16 + rest, client: IPAddress(bytes: addresses.prefix(16))?.plain)
        case 0x31 where rest >= 216, 0x00: return .complete(length: 16 + rest, client: nil)
        default: return .malformed
        }
    }
}
