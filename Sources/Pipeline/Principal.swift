// Who asks: what a verified credential says, and nothing else.

/// The owner of a credential.
package final class Principal: Sendable {
    package let tenant: String
    /// Where what the tenant has in use is counted: see `Lanes`.
    package let lane: Int
    package let scopes: Set<String>
    /// Nil: every workspace of the tenant.
    package let workspace: String?
    /// How logs name the credential: a key's id or a token's issuer.
    package let credential: String
    /// Of all that authorises: the same for all who may share an answer. That it is the same says nothing.
    package let authorityHash: UInt64

    package init(tenant: String, scopes: Set<String>, workspace: String?, credential: String) {
        self.tenant = tenant
        lane = Lanes.lane(of: tenant)
        self.scopes = scopes
        self.workspace = workspace
        self.credential = credential
        authorityHash = Self.hash(tenant, scopes, workspace)
    }

    /// Whether whatever one may see the other may see too, and nothing else: tenant, scopes and workspace are the same. Which
    /// credential says so does not matter.
    package func hasAuthority(of other: Principal) -> Bool {
        self === other
            || authorityHash == other.authorityHash && tenant.hasBytes(of: other.tenant)
                && (workspace == nil) == (other.workspace == nil)
                && (workspace ?? "").hasBytes(of: other.workspace ?? "") && scopes == other.scopes
    }

    /// Bytes of memory that scopes take at most. A set of a principal that lives may be held without further memory; but nobody
    /// holds that of a token that is too large to be remembered, which whatever keeps it keeps alive alone.
    package static func allocated(_ scopes: Set<String>) -> Int {
        // A place in a table that is three eighths full at the least, and memory of its own if it does not fit in there.
        scopes.reduce(0) { $0 + 48 + ($1.utf8.count > 15 ? $1.utf8.count + 48 : 0) }
    }

    private static func hash(_ tenant: String, _ scopes: Set<String>, _ workspace: String?) -> UInt64 {
        var all = FNV1a()
        tenant.withBytes { all.add($0) }
        workspace?.withBytes { all.add($0) }
        // A set has no order.
        return scopes.reduce(all.value) { sum, scope in
            var one = FNV1a()
            scope.withBytes { one.add($0) }
            return sum &+ one.value
        }
    }
}
