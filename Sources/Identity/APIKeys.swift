// The API keys that are known, and which principal each stands for.

package import Configuration
package import Pipeline

/// All records of keys.yaml, ready for use. Immutable: a reload makes another.
package struct APIKeys: Sendable {
    private struct Entry: Sendable {
        /// Made once, so that a request allocates nothing for it.
        let principal: Principal
        let expiresAt: Duration?
        let isDisabled: Bool
    }

    private var entries: [KeyDigest: Entry] = [:]

    /// No key at all.
    package init() {}

    /// What the file at `path` holds, at most 16 MiB.
    /// - Throws: everything that is wrong with it, at once.
    package static func load(_ path: String) throws(ConfigurationProblems) -> APIKeys {
        do {
            return try read(try KeyText.read(path), file: path)
        } catch let problems as ConfigurationProblems {
            throw problems
        } catch {
            throw ConfigurationProblems([Problem(file: path, line: 1, column: 1, message: "\(error)")])
        }
    }

    /// What `text` holds.
    /// - Parameter file: how problems name it.
    package static func read(_ text: String, file: String) throws(ConfigurationProblems) -> APIKeys {
        let reading = KeyReading(text, file: file)
        guard reading.problems.isEmpty else { throw ConfigurationProblems(reading.problems) }
        var keys = APIKeys()
        keys.entries.reserveCapacity(reading.found.count)
        for record in reading.found { keys.add(record) }
        return keys
    }

    private mutating func add(_ record: KeyRecord) {
        entries[record.digest] = Entry(
            principal: Principal(
                tenant: record.tenantId, scopes: Set(record.scopes), workspace: record.workspaceId,
                credential: record.id),
            expiresAt: record.expiresAt?.sinceEpoch, isDisabled: record.isDisabled)
    }

    package var count: Int { entries.count }

    /// Whom `key` stands for.
    ///
    /// Keys are found by digest in a hash table, in a time that depends on what is there. That tells nobody anything:
    /// to steer the digest one would have to find preimages of SHA-256.
    /// - Parameters:
    ///   - key: as presented.
    ///   - environment: whose keys are served; the other's are as good as unknown.
    ///   - now: since 1970 in UTC. A key is good until the instant it expires.
    /// - Throws: `unauthenticated`. What the client gets is always the same; the reason is for the log.
    package func principal(
        presenting key: Substring, environment: AuthSettings.Environment, now: Duration
    ) throws(Failure) -> Principal {
        var key = key
        let (form, entry) = key.withUTF8 { (KeyFormat.environment(of: $0), entries[KeyDigest(of: $0)]) }
        guard let form else { throw .unauthenticated("the API key is malformed") }
        guard let entry else {
            throw .unauthenticated(form == environment ? "the API key is unknown" : "the API key is for \(form) only")
        }
        let id = entry.principal.credential
        guard form == environment else {
            throw .unauthenticated("the API key \(id) is for \(form) only", credential: id)
        }
        guard !entry.isDisabled else { throw .unauthenticated("the API key \(id) is disabled", credential: id) }
        if let expiry = entry.expiresAt, now >= expiry {
            let instant = CalendarTime(sinceEpoch: expiry).text
            throw .unauthenticated("the API key \(id) expired at \(instant)", credential: id)
        }
        return entry.principal
    }
}

extension Failure {
    /// - Parameters:
    ///   - reason: holds no credential.
    ///   - credential: a key's id or a token's issuer, if it is known.
    static func unauthenticated(_ reason: String, credential: String? = nil) -> Failure {
        Failure(.unauthenticated, .downstream, credential: credential, reason)
    }
}
