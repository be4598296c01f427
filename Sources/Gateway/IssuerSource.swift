// Where an issuer's keys come from: a file, which is read with the configuration, or a URL, which is fetched afterwards.

internal import Configuration
internal import Identity
internal import Logging

/// An entry of `auth.jwt` whose file, if it has one, was read.
struct IssuerSource {
    private let settings: JWTSettings
    /// Nil: the keys are fetched.
    private let reading: KeySetReading?

    /// - Throws: `CannotStart`, if the file cannot be used.
    init(_ settings: JWTSettings, logger: Logger) throws(CannotStart) {
        self.settings = settings
        guard !settings.isRemote else {
            reading = nil
            if let ca = settings.ca, let reason = Gateway.reasonNotToRead(ca) {
                throw CannotStart(
                    cause: .configuration, description: "\(ca): cannot be read: \(reason) (`auth.jwt`, `ca`)")
            }
            if settings.isForgeable {
                logger.warning(
                    "The keys of an issuer are fetched over http; whoever stands between can make tokens.",
                    metadata: ["issuer": "\(settings.issuer)"])
            }
            return
        }
        do throws(UnusableKeySet) {
            reading = try KeySetReading(file: settings.jwks, algorithms: settings.algorithms)
        } catch {
            throw CannotStart(cause: .configuration, description: "\(settings.jwks): the key set \(error)")
        }
        reading?.report(of: settings, logger)
    }

    /// The issuer among `old` if it is the same with the same keys, so that what was fetched and verified stays; else a new
    /// one, with the keys that were fetched for an old one from the same place.
    func issuer(after old: [Issuer]) async -> Issuer {
        if let known = old.first(where: { $0.settings == settings }) {
            guard let reading, known.known.set?.isMade(of: reading) != true else { return known }
        }
        guard let reading else {
            if let known = old.first(where: { $0.settings.hasKeys(of: settings) }) {
                return Issuer(settings, known.known)
            }
            var keys = KnownKeys()
            // It is as good as begun: requests may wait for it.
            keys.isFetching = true
            return Issuer(settings, keys)
        }
        return Issuer(settings, KnownKeys(set: await KeySet(reading)))
    }
}

extension JWTSettings {
    /// Whether keys that were fetched for `other` are what would be fetched for this entry.
    func hasKeys(of other: JWTSettings) -> Bool {
        issuer == other.issuer && jwks == other.jwks && ca == other.ca && algorithms == other.algorithms
    }

    /// Whether keys come in cleartext from another machine.
    var isForgeable: Bool {
        let (origin, _) = KeyFetcher.parts(of: jwks)
        guard origin.hasPrefix("http://") else { return false }
        return !["127.", "localhost", "[::1]"].contains { origin.dropFirst(7).hasPrefix($0) }
    }
}

extension KeySetReading {
    /// Says which keys were left out.
    func report(of issuer: JWTSettings, _ logger: Logger) {
        for sentence in skipped {
            logger.warning(
                "A key of an issuer is not used.", metadata: ["issuer": "\(issuer.issuer)", "reason": "\(sentence)"])
        }
    }
}
