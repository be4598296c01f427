// Making an API key. Its text is known here, once, and nowhere else.

package import Configuration

/// A new key and its record.
package struct NewKey: Sendable {
    /// The key, to be handed to its owner: 43 letters of base 62 behind the prefix, 256 bits from the system's
    /// generator.
    package let text: String
    package let record: KeyRecord

    private static let letters = 43

    /// - Parameters:
    ///   - id: how logs name the key; nil: one is made up.
    ///   - expiresAt: since 1970 in UTC; whole seconds are kept.
    package init(
        environment: AuthSettings.Environment, id: String? = nil, tenantId: String, scopes: [String],
        workspaceId: String? = nil, expiresAt: Duration? = nil
    ) {
        var text = "\(KeyFormat.prefix(environment))\(Self.random(Self.letters))"
        let digest = text.withUTF8 { KeyDigest(of: $0) }
        self.text = text
        record = KeyRecord(
            id: id ?? "key_\(Self.random(12))", digest: digest, tenantId: tenantId, scopes: scopes,
            workspaceId: workspaceId, expiresAt: expiresAt.map { CalendarTime(sinceEpoch: $0) })
    }

    /// Whether the record can stand in keys.yaml: says what is wrong with the values it was made of.
    package func check() throws(ConfigurationProblems) {
        _ = try APIKeys.read("keys:\n\(record.yaml)", file: "the new record")
    }

    /// The time that an RFC 3339 text such as `2027-01-31T00:00:00Z` names, since 1970 in UTC; nil: it is something
    /// else.
    package static func time(_ text: String) -> Duration? {
        CalendarTime(text)?.sinceEpoch
    }

    private static func random(_ count: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<count).map { _ in
            KeyFormat.alphabet[Int.random(in: 0..<KeyFormat.alphabet.count, using: &generator)]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
