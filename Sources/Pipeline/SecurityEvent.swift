// What somebody who watches over a gateway wants to hear of at once, wherever it is noticed.

/// Somebody tried what they may not do, or an upstream sent what it must not.
package struct SecurityEvent: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        /// A credential that is malformed, unknown, revoked, expired, or of another environment.
        case credentialRefused = "credential_refused"
        /// A good credential that lacks a scope.
        case scopeMissing = "scope_missing"
        /// So many credentials of one address were refused that no more are looked at for now.
        case addressLimited = "address_limited"
        /// An upstream answered with a record of another tenant than it was asked for.
        case wrongTenant = "wrong_tenant"
    }

    package let kind: Kind
    package let requestID: String
    /// The client's address as text.
    package let client: String
    /// A key's id or a token's issuer; nil: not known. Never the credential.
    package let credential: String?
    /// A sentence; holds no credential.
    package let reason: String

    package init(_ kind: Kind, requestID: String, client: String, credential: String?, reason: String) {
        self.kind = kind
        self.requestID = requestID
        self.client = client
        self.credential = credential
        self.reason = reason
    }
}

/// Who is told of them. From any thread; must not wait.
package protocol SecurityWatch: Sendable {
    func note(_ event: SecurityEvent)
}
