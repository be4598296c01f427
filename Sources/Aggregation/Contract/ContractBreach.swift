// What can be wrong with a reply that is valid JSON.

/// A reply is not what the contract says. Reasons name schemas and members, never what the reply says.
package enum ContractBreach: Error, Sendable, Equatable {
    /// `Contact.createdAt is missing`.
    case broken(reason: String)
    /// A record names a tenant other than the caller's. Not a matter of `contract.mode`.
    case wrongTenant(reason: String)

    package var reason: String {
        switch self {
        case .broken(let reason), .wrongTenant(let reason): reason
        }
    }
}

/// What a reply must agree with, because it was asked for.
package struct Expectation: Sendable {
    /// The caller's.
    package let tenant: String
    /// Of the path that was called.
    package let segments: [Segment]

    package init(tenant: String, segments: [Segment] = []) {
        self.tenant = tenant
        self.segments = segments
    }

    /// A segment that says what the one behind it is: `conversations` in `/conversations/{id}/messages`.
    package struct Segment: Sendable {
        package let name: String
        /// The segment behind it, as it was before percent-encoding.
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }
}
