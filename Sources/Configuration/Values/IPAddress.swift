// Addresses and networks as bytes, so that they can be compared.

import Glibc

/// An IPv4 or IPv6 address.
package struct IPAddress: Sendable, Equatable, CustomStringConvertible {
    /// 4 or 16, in network order.
    package let bytes: [UInt8]

    package var bits: Int { bytes.count * 8 }

    /// Nil: `text` is not one. A zone (`%eth0`), brackets and white space are not part of one.
    package init?(_ text: String) {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            // inet_pton stops at a NUL, which would let anything follow one.
            if !text.utf8.contains(0), inet_pton(family, text, &bytes) == 1 {
                self.bytes = bytes
                return
            }
        }
        return nil
    }

    /// Nil: `bytes` are not 4 or 16.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = Array(bytes)
    }

    private init(masked bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The address with all but the first `length` bits cleared.
    package func network(_ length: Int) -> IPAddress {
        IPAddress(
            masked: bytes.enumerated().map { place, byte in
                let kept = min(max(length - place * 8, 0), 8)
                return byte & ~UInt8(truncatingIfNeeded: 0xff >> kept)
            })
    }

    /// An IPv4 address that is written as an IPv6 one, as IPv4 (RFC 4291, section 2.5.5.2); any other as it is.
    package var plain: IPAddress {
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
        return bytes.starts(with: mapped) ? IPAddress(masked: Array(bytes.dropFirst(12))) : self
    }

    package var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

/// All addresses that begin with the same bits.
package struct Network: Sendable, Equatable, CustomStringConvertible {
    /// Its bits beyond the length are zero.
    package let address: IPAddress
    package let length: Int

    /// Nil: `text` is not an address, `/` and a length.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPAddress(String(parts[0])), let length = Int(digits: parts[1]),
            length <= address.bits
        else { return nil }
        // A network of IPv4 that is written as one of IPv6: addresses are compared as what they are.
        let plain = address.plain, shorter = address.bits - plain.bits
        if length >= shorter { self.init(plain, length: length - shorter) } else { self.init(address, length: length) }
    }

    /// `length`: from 0 to the number of bits of `address`.
    init(_ address: IPAddress, length: Int) {
        self.address = address.network(length)
        self.length = length
    }

    package func contains(_ other: IPAddress) -> Bool {
        other.bits == address.bits && other.network(length) == address
    }

    package var description: String { "\(address)/\(length)" }
}
