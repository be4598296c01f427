// The contract as the gateway uses it: which members a record has, of which kinds, in which order.

/// A record of the contract, compiled from one of `components.schemas` of an OpenAPI document.
package struct Schema: Sendable, Equatable {
    /// Kinds of JSON values a member may have.
    package struct Kinds: OptionSet, Sendable, Hashable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) { self.rawValue = rawValue }

        package static let string = Kinds(rawValue: 1)
        /// A number without fraction and exponent.
        package static let integer = Kinds(rawValue: 2)
        package static let number = Kinds(rawValue: 4)
        package static let boolean = Kinds(rawValue: 8)
        package static let null = Kinds(rawValue: 16)
        package static let object = Kinds(rawValue: 32)
        package static let array = Kinds(rawValue: 64)
    }

    package struct Member: Sendable, Equatable {
        package let name: String
        package let kinds: Kinds
        /// A record without it breaks the contract. An absent optional member becomes null, or `[]` if it can only be an array.
        package let isRequired: Bool
        /// Integers below it break the contract.
        package let minimum: Int?
        /// What an object, or each item of an array, is. Nil: whatever it is passes.
        package let schema: Schema?
        /// The member repeats the segment that follows this one in the path that was called (`conversations` in
        /// `/conversations/{id}/messages`), compared without case. A single record that differs breaks the contract, an item
        /// of a list is left out. Has no meaning in a path without that segment. `x-from-path` in the document.
        package let fromPath: String?

        package init(
            name: String, kinds: Kinds, isRequired: Bool, minimum: Int? = nil, schema: Schema? = nil,
            fromPath: String? = nil
        ) {
            self.name = name
            self.kinds = kinds
            self.isRequired = isRequired
            self.minimum = minimum
            self.schema = schema
            self.fromPath = fromPath
        }
    }

    package let name: String
    /// In the order in which they are written.
    package let members: [Member]
    /// Whether members that the schema does not list are passed on, behind the listed ones, or dropped
    /// (`additionalProperties: true` in the document).
    package let passesUnlisted: Bool

    package init(name: String, members: [Member], passesUnlisted: Bool) {
        self.name = name
        self.members = members
        self.passesUnlisted = passesUnlisted
    }
}
