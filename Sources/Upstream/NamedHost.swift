// A name that stands for several addresses: looked up beside libcurl, which tells nobody what it has found.

internal import CCurl
internal import CLinux
internal import Glibc
internal import Pipeline

/// The addresses of one endpoint's name, as one loop sees them. Used on that loop's thread only.
final class NamedHost {
    /// Takes as long as it takes, on a thread of its own.
    typealias LookUp = @Sendable (_ host: String) -> [IPAddress]

    private let host: String
    private let lookUp: LookUp
    private var addresses = Addresses()
    private var isLookingUp = false

    /// Nil: it is no name.
    init?(_ host: String, lookUp: @escaping LookUp = NamedHost.ask) {
        var bytes = in6_addr()
        guard !host.hasPrefix("["), inet_pton(AF_INET, host, &bytes) != 1 else { return nil }
        self.host = host
        self.lookUp = lookUp
    }

    /// Where one connection to it is tried, address after address.
    struct Way {
        private let host: NamedHost
        private let loop: FanOutLoop
        /// Its place in the order of connections to the name.
        private let turn: Int
        private var tried: [IPAddress] = []

        init(to host: NamedHost, on loop: FanOutLoop) {
            self.host = host
            self.loop = loop
            turn = host.addresses.nextTurn()
        }

        /// libcurl opens a socket for that address, which may become another one of the name.
        mutating func lead(_ address: UnsafeMutablePointer<curl_sockaddr>) {
            guard let place = MemoryLayout<curl_sockaddr>.offset(of: \.addr) else { return }
            let raw = UnsafeMutableRawPointer(address).advanced(by: place)
            guard let wanted = IPAddress(raw, family: address.pointee.family) else { return }
            host.refresh(on: loop)
            let tries = tried.count { $0.isV6 == wanted.isV6 }
            let chosen = host.addresses.choice(insteadOf: wanted, turn: turn, tries: tries, at: loop.now)
            if chosen != wanted { chosen.write(to: raw) }
            tried.append(chosen)
        }

        /// There is a connection.
        func arrived() {
            // Of several it is not known to which.
            if tried.count == 1 { host.addresses.reached(tried[0]) }
        }

        /// Its time is over, and there is none.
        func endedInVain() {
            // libcurl waits for one of each family at a time.
            for isV6 in [false, true] {
                guard let last = tried.last(where: { $0.isV6 == isV6 }) else { continue }
                host.addresses.waitedInVain(for: last, at: loop.now)
            }
        }
    }

    /// Whether connections are led to its addresses in turn now.
    func isKnown(at now: ContinuousClock.Instant) -> Bool { addresses.isKnown(at: now) }

    /// Looks the name up if that was some time ago, for the connections to come: this one does not wait for it.
    private func refresh(on loop: FanOutLoop) {
        guard !isLookingUp, addresses.wantsLookUp(at: loop.now) else { return }
        let begun = loop.now
        let me = Confined(self), host = host, lookUp = lookUp
        let error = DetachedThread.start {
            pthread_setname_np(pthread_self(), "look-up")
            let found = lookUp(host)
            loop.submit {
                me.value.isLookingUp = false
                me.value.addresses.found(found, at: begun)
            }
        }
        // Without a thread it is tried again with the next connection.
        isLookingUp = error == 0
    }

    /// Asks the system's resolver, as libcurl does.
    private static let ask: LookUp = { host in
        var hints = addrinfo(), first: UnsafeMutablePointer<addrinfo>?
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        guard getaddrinfo(host, nil, &hints, &first) == 0 else { return [] }
        defer { freeaddrinfo(first) }
        var found: [IPAddress] = [], next = first
        while let entry = next?.pointee {
            if let address = entry.ai_addr.flatMap({ IPAddress($0, family: entry.ai_family) }),
                !found.contains(address)
            {
                found.append(address)
            }
            next = entry.ai_next
        }
        return found
    }
}
