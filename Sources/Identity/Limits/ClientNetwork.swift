// Whose failures are counted together: an IPv4 address, or all of an IPv6 network that one subscriber gets.

internal import Glibc

/// An IPv4 address, or the first 64 bits of an IPv6 address (RFC 6177 gives each site at least that much).
struct ClientNetwork: Hashable, Sendable {
    private let bits: UInt64
    private let isIPv6: Bool

    /// Nil: `client` is no address. It was not a peer's then, but a word that a trusted proxy used for somebody.
    init?(_ client: String) {
        var address = in6_addr()
        var wasRead = inet_pton(AF_INET, client, &address) == 1
        var isIPv6 = !wasRead
        if isIPv6 { wasRead = inet_pton(AF_INET6, client, &address) == 1 }
        guard wasRead else { return nil }
        let (first, second) = withUnsafeBytes(of: &address) {
            ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
        // An IPv4 address that is written as an IPv6 one (RFC 4291, section 2.5.5.2): all of those begin with the same bits.
        if isIPv6, first == 0, UInt64(bigEndian: second) >> 32 == 0xffff {
            isIPv6 = false
            bits = UInt64(bigEndian: second) << 32
        } else {
            bits = UInt64(bigEndian: first) & (isIPv6 ? .max : .max << 32)
        }
        self.isIPv6 = isIPv6
    }
}
