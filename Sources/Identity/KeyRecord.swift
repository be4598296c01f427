// What keys.yaml says of one API key.

/// A record of an API key. The key itself cannot be had from it.
package struct KeyRecord: Sendable, Equatable {
    /// How logs name the key.
    package let id: String
    let digest: KeyDigest
    package let tenantId: String
    package let scopes: [String]
    /// The only workspace that the key may see; nil: all of its tenant.
    package let workspaceId: String?
    let expiresAt: CalendarTime?
    package let isDisabled: Bool

    init(
        id: String, digest: KeyDigest, tenantId: String, scopes: [String], workspaceId: String? = nil,
        expiresAt: CalendarTime? = nil, isDisabled: Bool = false
    ) {
        self.id = id
        self.digest = digest
        self.tenantId = tenantId
        self.scopes = scopes
        self.workspaceId = workspaceId
        self.expiresAt = expiresAt
        self.isDisabled = isDisabled
    }

    /// The same, refused from now on.
    var disabled: KeyRecord {
        KeyRecord(
            id: id, digest: digest, tenantId: tenantId, scopes: scopes, workspaceId: workspaceId, expiresAt: expiresAt,
            isDisabled: true)
    }

    /// When the key stops being good, in UTC; nil: never.
    package var expiry: String? { expiresAt?.text }

    /// - Parameter now: since 1970 in UTC.
    package func isExpired(at now: Duration) -> Bool { expiresAt.map { now >= $0.sinceEpoch } ?? false }

    /// The record as an item of the list `keys` in keys.yaml, with a line feed at the end.
    package var yaml: String { yaml(indent: 2) }

    func yaml(indent: Int) -> String {
        var lines = [
            "id: \(Self.quoted(id))",
            "sha256: \(digest.hex)",
            "tenantId: \(Self.quoted(tenantId))",
            "scopes: [\(scopes.map(Self.quoted).joined(separator: ", "))]",
        ]
        if let workspaceId { lines.append("workspaceId: \(Self.quoted(workspaceId))") }
        if let expiresAt { lines.append("expiresAt: \(expiresAt.text)") }
        if isDisabled { lines.append("disabled: true") }
        let margin = String(repeating: " ", count: indent)
        return lines.enumerated().map { "\(margin)\($0.offset == 0 ? "- " : "  ")\($0.element)\n" }.joined()
    }

    /// In double quotes, whose escapes are those of JSON: no text can become a second member or record.
    private static func quoted(_ text: String) -> String {
        let escaped = text.unicodeScalars.map { character in
            switch character {
            case "\"", "\\": "\\\(character)"
            case " "..."~": String(character)
            default: "\\U" + String(repeating: "0", count: 8 - hex(character).count) + hex(character)
            }
        }
        return "\"\(escaped.joined())\""
    }

    private static func hex(_ character: Unicode.Scalar) -> String { String(character.value, radix: 16) }
}
