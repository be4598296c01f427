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

    package init() {}
}

package struct JWTSettings: Sendable, Equatable {
    package var issuer: String
    package var audience: String
    /// The absolute path of a file, or an `https://` or `http://` URL.
    package var jwks: String
    package var tenantClaim: String
    package var scopeClaim: String
    package var workspaceClaim: String?

    package init(
        issuer: String, audience: String, jwks: String, tenantClaim: String, scopeClaim: String,
        workspaceClaim: String?
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
