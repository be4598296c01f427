// Who may call, and how much.

package struct AuthSettings: Sendable, Equatable {
    /// Which kind of API keys is served: `sf_live_…` or `sf_test_…`.
    package enum Environment: String, Sendable, CaseIterable {
        case live, test
    }

    package var environment = Environment.live
    /// The absolute path of keys.yaml. Nil: no API keys are served.
    package var apiKeysFile: String?
    package var jwt: [JWTSettings] = []
    package var anonymous: AnonymousSettings?
    package var failures = Failures()

    /// How many refused credentials of one address are put up with.
    package struct Failures: Sendable, Equatable {
        /// As many as anybody likes.
        package var isOff = false
        package var perSecond = 10
        package var burst = 20

        package init() {}
    }

    package init() {}
}

package struct JWTSettings: Sendable, Equatable {
    package var issuer: String
    package var audience: String
    /// The absolute path of a file, or an `https://` or `http://` URL.
    package var jwks: String
    /// The absolute path of the authorities (PEM) that may vouch for a URL's server. Nil: the system's.
    package var ca: String?
    package var tenantClaim: String
    package var scopeClaim: String
    package var workspaceClaim: String?
    /// Those that tokens may be signed with; at least one.
    package var algorithms = Algorithm.allCases

    /// `alg` of a token (RFC 7518 section 3.1, RFC 8037 section 3.1). There is none with a shared secret.
    package enum Algorithm: String, Sendable, CaseIterable {
        case rs256 = "RS256"
        case ps256 = "PS256"
        case es256 = "ES256"
        case edDSA = "EdDSA"
    }

    /// Whether the keys are fetched, not read from a file.
    package var isRemote: Bool { jwks.contains("://") }

    package init(
        issuer: String, audience: String, jwks: String, tenantClaim: String, scopeClaim: String = "scope",
        workspaceClaim: String? = nil
    ) {
        self.issuer = issuer
        self.audience = audience
        self.jwks = jwks
        self.tenantClaim = tenantClaim
        self.scopeClaim = scopeClaim
        self.workspaceClaim = workspaceClaim
    }
}

package struct AnonymousSettings: Sendable, Equatable {
    package var tenant: String
    package var scopes: [String]

    package init(tenant: String, scopes: [String]) {
        self.tenant = tenant
        self.scopes = scopes
    }
}

/// A token bucket per tenant.
package struct RateLimitSettings: Sendable, Equatable {
    /// What one tenant may ask.
    package struct Tenant: Sendable, Equatable {
        package var requestsPerSecond: Int
        package var burst: Int

        package init(requestsPerSecond: Int, burst: Int) {
            self.requestsPerSecond = requestsPerSecond
            self.burst = burst
        }
    }

    /// No tenant is limited.
    package var isOff = false
    package var requestsPerSecond = 100
    package var burst = 200
    /// Tenants for which other numbers hold.
    package var tenants: [String: Tenant] = [:]
    /// `host:port` of the Redis that holds the buckets of several gateways.
    package var redis: String?

    package init() {}
}
