// Tokens that were verified, so that each is verified once and not with every request. One loop's: nothing is shared, so
// nothing is locked.

internal import Pipeline

/// Principals by the SHA-256 of their tokens.
///
/// Bounded without a list of who came when: what was used since the last turn is young, what was used since the turn
/// before is old, the rest is forgotten.
struct TokenCache {
    private struct Entry {
        let principal: Principal
        let goodUntil: Duration
    }

    private var young: [KeyDigest: Entry] = [:]
    private var old: [KeyDigest: Entry] = [:]
    private let most: Int
    /// Scopes that a token may have to be remembered, and their bytes. An issuer may give thousands, which would cost 40 KiB
    /// for each token; then each of its requests is verified.
    private static let mostScopes = 64
    private static let mostBytes = 4096

    /// - Parameter most: tokens that are remembered at most, some 300 bytes each, and 10 KiB if they have many scopes.
    init(most: Int = 8192) {
        self.most = most
    }

    /// Whom the token stands for. Nil: it was not verified yet, or is not good any more.
    mutating func principal(of token: KeyDigest, now: Duration) -> Principal? {
        if let entry = young[token] { return now < entry.goodUntil ? entry.principal : nil }
        guard let entry = old.removeValue(forKey: token), now < entry.goodUntil else { return nil }
        remember(entry, as: token)
        return entry.principal
    }

    /// - Parameter goodUntil: since 1970.
    mutating func remember(_ principal: Principal, of token: KeyDigest, until goodUntil: Duration) {
        guard principal.scopes.count <= Self.mostScopes,
            principal.scopes.reduce(0, { $0 + $1.utf8.count }) <= Self.mostBytes
        else { return }
        remember(Entry(principal: principal, goodUntil: goodUntil), as: token)
    }

    mutating func forgetAll() {
        young = [:]
        old = [:]
    }

    private mutating func remember(_ entry: Entry, as token: KeyDigest) {
        if young.count >= most / 2 {
            old = young
            young = [:]
        }
        young[token] = entry
    }
}
