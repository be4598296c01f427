// Which of a name's addresses the next connection goes to. libcurl takes what it has cached in one order, so that all
// connections opened within its cache's time go to one address, and each of them finds out anew that an address is dead.

internal import Glibc

/// An address without port, of either family.
struct IPAddress: Hashable, Sendable {
    /// 4 bytes, or 16.
    let bytes: [UInt8]
    /// Of a link-local address of IPv6.
    var scope: UInt32 = 0

    var isV6: Bool { bytes.count == 16 }
}

/// What is known of the addresses of one name. Times are the caller's.
struct Addresses {
    /// How long what was looked up is good: no longer than one look-up is old when the next is there.
    static let goodFor = Duration.seconds(2)
    /// How often a name is looked up at most.
    static let every = Duration.seconds(1)
    /// How long an address is left out that let a connection wait in vain; then one connection tries it again.
    static let outFor = Duration.seconds(30)

    private var known: [IPAddress] = []
    private var lookedUp: ContinuousClock.Instant?
    private var out: [IPAddress: ContinuousClock.Instant] = [:]
    private var turn: Int

    init(turn: Int = .random(in: 0..<1024)) { self.turn = turn }

    func wantsLookUp(at now: ContinuousClock.Instant) -> Bool { lookedUp.map { now >= $0 + Self.every } ?? true }

    /// Whether what was looked up is good.
    func isKnown(at now: ContinuousClock.Instant) -> Bool { lookedUp.map { now < $0 + Self.goodFor } ?? false }

    /// - Parameter now: when it was begun.
    mutating func found(_ addresses: [IPAddress], at now: ContinuousClock.Instant) {
        lookedUp = now
        // A look-up that fails leaves what was found before for as long as that is good.
        if !addresses.isEmpty { known = addresses }
    }

    /// A connection's place in the order of connections to the name.
    mutating func nextTurn() -> Int {
        turn &+= 1
        return turn & .max
    }

    /// Where a connection goes that libcurl opens to `address`.
    /// - Parameters:
    ///   - turn: the connection's.
    ///   - tries: addresses of the family that it has tried already.
    func choice(
        insteadOf address: IPAddress, turn: Int, tries: Int, at now: ContinuousClock.Instant
    ) -> IPAddress {
        guard let lookedUp else { return address }
        // What libcurl has looked up just now is better than what is old, unless it leads nowhere.
        guard isKnown(at: now) || (isOut(address, at: now) && now < lookedUp + Self.outFor) else {
            return address
        }
        let family = known.filter { $0.isV6 == address.isV6 }
        guard family.count > 1, family.contains(address) else { return address }
        let good = family.filter { !isOut($0, at: now) }
        // Whoever tries all of them tries each once.
        guard tries < good.count else {
            let out = family.filter { isOut($0, at: now) }
            return out.isEmpty ? family[(turn + tries) % family.count] : out[(turn + tries - good.count) % out.count]
        }
        return good[(turn + tries) % good.count]
    }

    /// A connection to it was waited for in vain.
    mutating func waitedInVain(for address: IPAddress, at now: ContinuousClock.Instant) {
        out = out.filter { $0.value > now }
        out[address] = now + Self.outFor
    }

    /// It was reached.
    mutating func reached(_ address: IPAddress) {
        if !out.isEmpty { out[address] = nil }
    }

    private func isOut(_ address: IPAddress, at now: ContinuousClock.Instant) -> Bool {
        out[address].map { now < $0 } ?? false
    }
}

extension IPAddress {
    /// From a socket address of libcurl or the resolver; nil: of another family.
    init?(_ address: UnsafeRawPointer, family: Int32) {
        switch family {
        case AF_INET:
            let inner = address.loadUnaligned(as: sockaddr_in.self).sin_addr
            bytes = withUnsafeBytes(of: inner) { Array($0) }
        case AF_INET6:
            let outer = address.loadUnaligned(as: sockaddr_in6.self)
            bytes = withUnsafeBytes(of: outer.sin6_addr) { Array($0) }
            scope = outer.sin6_scope_id
        default: return nil
        }
    }

    /// Puts it into a socket address of its family, whose port stays.
    func write(to address: UnsafeMutableRawPointer) {
        if isV6 {
            var whole = address.loadUnaligned(as: sockaddr_in6.self)
            withUnsafeMutableBytes(of: &whole.sin6_addr) { $0.copyBytes(from: bytes) }
            whole.sin6_scope_id = scope
            address.storeBytes(of: whole, as: sockaddr_in6.self)
        } else {
            var whole = address.loadUnaligned(as: sockaddr_in.self)
            withUnsafeMutableBytes(of: &whole.sin_addr) { $0.copyBytes(from: bytes) }
            address.storeBytes(of: whole, as: sockaddr_in.self)
        }
    }
}
