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

    package init(tenant: String, scopes: Set<String>, workspace: String?, credential: String) {
        self.tenant = tenant
        lane = Lanes.lane(of: tenant)
        self.scopes = scopes
        self.workspace = workspace
        self.credential = credential
    }
}
