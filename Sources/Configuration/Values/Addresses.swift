// Addresses to listen on, networks, and the places calls go to.

import Glibc

extension Kind where Value == ListenAddress {
    /// `host:port`; an IPv6 address stands in brackets.
    static var address: Kind {
        address(ports: 0...65_535, "an address like 127.0.0.1:8080 or [::1]:8080")
    }

    fileprivate static func address(ports: ClosedRange<Int>, _ expectation: String) -> Kind {
        Kind(expectation: expectation, schema: [("type", "string"), ("pattern", "^.+:[0-9]+$")]) {
            (text) throws(Complaint) in
            if Int(digits: text) != nil { throw Complaint(suggestion: "`127.0.0.1:\(text)`") }
            if text.hasPrefix(":"), Int(digits: text.dropFirst()) != nil {
                throw Complaint(suggestion: "`0.0.0.0\(text)`")
            }
            if IPAddress(text)?.bits == 128 { throw Complaint(suggestion: "`\(Host.bracketed(text))`") }
            guard let (host, port) = Host.split(text) else { throw .unexpected }
            guard let port else { throw Complaint(reason: "has no port") }
            guard ports.contains(port) else {
                throw Complaint(reason: "has a port that is not from \(ports.lowerBound) to \(ports.upperBound)")
            }
            return ListenAddress(host: host, port: port)
        } write: {
            .text($0.description)
        }
    }
}

extension Kind where Value == String {
    /// A server to connect to, by TCP or by a Unix socket.
    static var server: Kind {
        let address = Kind<ListenAddress>.address(
            ports: 1...65_535, "a server like redis.internal:6379 or unix:/run/redis.sock")
        return Kind(
            expectation: address.expectation,
            schema: [("type", "string"), ("pattern", "^(.+:[0-9]+|unix:/.+)$")]
        ) { (text) throws(Complaint) in
            if text.hasPrefix("unix:") {
                return "unix:" + (try socket(text.dropFirst(5), like: "unix:/run/redis.sock"))
            }
            return try address.read(text).description
        } write: {
            .text($0)
        }
    }

    /// A Unix socket's path.
    static func socket(_ path: Substring, like example: String) throws(Complaint) -> String {
        guard path.hasPrefix("/"), path.count > 1, !path.utf8.contains(0) else {
            throw Complaint(reason: "must name the socket by an absolute path, like \(example)")
        }
        // sun_path holds 108 bytes, the last of which is NUL (unix(7)).
        guard path.utf8.count <= 107 else { throw Complaint(reason: "names a socket by more than 107 bytes") }
        return String(path)
    }
}

extension Kind where Value == Network {
    /// A network in CIDR notation.
    static var network: Kind {
        Kind(expectation: "a network like 10.0.0.0/8 or fd00::/8", schema: [("type", "string")]) {
            (text) throws(Complaint) in
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard let address = parts.first.flatMap({ IPAddress(String($0)) }) else { throw .unexpected }
            guard parts.count > 1 else { throw Complaint(suggestion: "`\(text)/\(address.bits)`") }
            guard parts.count == 2, let length = Int(digits: parts[1]), length <= address.bits else {
                throw Complaint(reason: "must end in a prefix length from /0 to /\(address.bits)")
            }
            let network = Network(address, length: length)
            guard network.address == address else {
                throw Complaint(reason: "has bits set beyond its prefix length", suggestion: "`\(network)`")
            }
            return network
        } write: {
            .text($0.description)
        }
    }
}

extension ListenAddress: CustomStringConvertible {
    package var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

enum Host {
    /// The host without brackets, and the port if there is one. Nil: not of that form.
    static func split(_ text: String) -> (host: String, port: Int?)? {
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            let host = String(text[..<end].dropFirst()), rest = text[end...].dropFirst()
            guard IPAddress(host)?.bits == 128 else { return nil }
            if rest.isEmpty { return (host, nil) }
            guard rest.hasPrefix(":"), let port = Int(digits: rest.dropFirst()) else { return nil }
            return (host, port)
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), isHost(parts[0]) else { return nil }
        guard parts.count == 2 else { return (String(parts[0]), nil) }
        return Int(digits: parts[1]).map { (String(parts[0]), $0) }
    }

    /// What an IPv6 address without brackets most likely means: its last group is a port, if the rest is an address.
    static func bracketed(_ text: String) -> String {
        guard let colon = text.lastIndex(of: ":"), let host = IPAddress(String(text[..<colon])) else {
            return "[\(text)]:8080"
        }
        return "[\(host)]\(text[colon...])"
    }

    /// An IPv4 address or a name (RFC 1123 section 2.1). What ends in a number must be an address.
    private static func isHost(_ text: Substring) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        if let last = labels.last, Int(digits: last) != nil { return IPAddress(String(text))?.bits == 32 }
        return text.utf8.count <= 253
            && labels.allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.utf8.allSatisfy(Letters.isName)
                    && !label.hasPrefix("-") && !label.hasSuffix("-")
            }
    }
}
