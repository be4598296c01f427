// Who may look: everybody on this machine, or whoever has the token. `/livez` and `/readyz` are for everybody, since whoever
// starts and balances gateways asks them and has no secrets.

internal import Pipeline

/// The rules of one configuration.
package struct OperatorAccess: Sendable {
    /// Nil: none is needed; then only this machine reaches the address.
    private let token: [UInt8]?

    package init(token: String?) { self.token = token.map { Array($0.utf8) } }

    /// Why a request is turned away.
    enum Refusal {
        case unauthenticated
        /// It came from another machine, and there is no token by which to tell friends.
        case stranger
        /// It came by a name that may be anybody's.
        case strangeHost
    }

    func refusal(of request: Request) -> Refusal? {
        if let token {
            let presented = request.authorization.flatMap(Self.secret)
            return presented.map { Self.isEqual($0, token) } == true ? nil : .unauthenticated
        }
        // The listener of an earlier configuration may still have connections from elsewhere.
        guard Self.isLoopback(request.client) else { return .stranger }
        // A page from elsewhere can have its own name resolved to 127.0.0.1 and then read what the browser gets from here
        // ("DNS rebinding"); it cannot make the browser send another Host.
        return request.host.map(Self.isNobodys) == false ? .strangeHost : nil
    }

    /// What `Bearer` (RFC 6750) or `Basic` (RFC 7617, the password) presents. Nil: neither.
    static func secret(_ authorization: String) -> [UInt8]? {
        let words = authorization.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard words.count == 2 else { return nil }
        switch words[0].lowercased() {
        case "bearer": return Array(words[1].utf8)
        case "basic":
            guard let pair = Base64.decode(words[1].utf8, .standard), let colon = pair.firstIndex(of: UInt8(ascii: ":"))
            else {
                return nil
            }
            return Array(pair[(colon + 1)...])
        default: return nil
        }
    }

    /// Takes as long for the first differing byte as for the last. That the length shows is no help: the token is long.
    static func isEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        guard one.count == other.count else { return false }
        return zip(one, other).reduce(0 as UInt8) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// Whether an address as text is this machine's own.
    static func isLoopback(_ address: String) -> Bool {
        address.hasPrefix("127.") || address == "::1" || address.hasPrefix("::ffff:127.")
    }

    /// Whether a `Host` is an address or a name without a dot such as `localhost`, with any port.
    static func isNobodys(_ host: String) -> Bool {
        if host.hasPrefix("[") { return true }
        let name = host.split(separator: ":", omittingEmptySubsequences: false).first ?? ""
        // Nobody can have a name without a dot for a page on the Internet; `localhost` is one.
        let numbers = name.split(separator: ".", omittingEmptySubsequences: false)
        if numbers.count == 1 { return !name.isEmpty }
        return numbers.count == 4 && numbers.allSatisfy { UInt8($0) != nil }
    }
}
