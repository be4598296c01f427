// Where an issuer's keys come from: a file, which is read with the configuration, or a URL, which is fetched afterwards.

package import Configuration
internal import Identity
package import Logging

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
            return
        }
        do throws(UnusableKeySet) {
            reading = try KeySetReading(file: settings.jwks, algorithms: settings.algorithms)
        } catch {
            throw CannotStart(cause: .configuration, description: "\(settings.jwks): the key set \(error)")
        }
        reading?.report(of: settings, logger)
    }

    /// The issuer among `old` if it is the same with the same keys, so that what was fetched and verified stays; else a new one.
    func issuer(after old: [Issuer]) async -> Issuer {
        if let known = old.first(where: { $0.settings == settings }) {
            guard let reading, known.known.set?.isMade(of: reading) != true else { return known }
        }
        guard let reading else {
            var keys = KnownKeys()
            // It is as good as begun: requests may wait for it.
            keys.isFetching = true
            return Issuer(settings, keys)
        }
        return Issuer(settings, KnownKeys(set: await KeySet(reading)))
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

extension Gateway {
    /// Reads the files of issuers' keys, as a start would.
    /// - Throws: `CannotStart` for the first that cannot be used.
    package static func checkIssuers(_ settings: Settings, logger: Logger) throws(CannotStart) {
        for issuer in settings.auth.jwt { _ = try IssuerSource(issuer, logger: logger) }
    }
}
