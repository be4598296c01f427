// The keys of all issuers of tokens, once for the process: read from files at the start, or fetched in the background on one
// of the fan-out loops, and told to each loop, which keeps them for itself.

package import Configuration
internal import Identity
package import Logging
internal import Pipeline
internal import Synchronization
internal import Upstream

/// Where loops get the keys of `auth.jwt` from.
final class IssuerKeys: Sendable {
    private struct State {
        /// The loop that fetches, and its fetchers by the issuer's place.
        var fetching: (loop: FanOutLoop, fetchers: LoopOwned<[Int: KeyFetcher]>)?
        var tell: (@Sendable (KnownKeys, Int) -> Void)?
    }

    let issuers: [JWTSettings]
    /// What each loop begins with: the keys of a file, or that a fetch is under way.
    let known: [KnownKeys]
    let counts = KeyFetchCounts()
    private let logger: Logger
    private let state = Mutex(State())

    /// Reads the files.
    /// - Throws: `CannotStart` for the first that cannot be used.
    static func read(_ issuers: [JWTSettings], logger: Logger) async throws(CannotStart) -> IssuerKeys {
        var known: [KnownKeys] = []
        for issuer in issuers {
            if issuer.isRemote {
                var keys = KnownKeys()
                keys.isFetching = true
                known.append(keys)
            } else {
                let reading = try reading(of: issuer)
                reading.report(of: issuer, logger)
                known.append(KnownKeys(set: await KeySet(reading)))
            }
        }
        return IssuerKeys(issuers, known, logger)
    }

    private init(_ issuers: [JWTSettings], _ known: [KnownKeys], _ logger: Logger) {
        self.issuers = issuers
        self.known = known
        self.logger = logger
    }

    /// Begins to fetch, on `loop`.
    /// - Parameter tell: gets the keys of the issuer at a place whenever something about them has changed.
    func begin(on loop: FanOutLoop, tell: @escaping @Sendable (KnownKeys, Int) -> Void) {
        let fetchers = LoopOwned<[Int: KeyFetcher]>([:], by: loop)
        state.withLock {
            $0.tell = tell
            $0.fetching = (loop, fetchers)
        }
        loop.submit { [issuers, counts, logger] in
            for (place, issuer) in issuers.enumerated() where issuer.isRemote {
                let fetcher = KeyFetcher(issuer, on: loop, counts, logger) { tell($0, place) }
                fetchers.value[place] = fetcher
                fetcher.wake()
            }
        }
    }

    /// Has an issuer's keys fetched, because a token names one that nobody knows. From any thread.
    func ask(_ place: Int) {
        // Before `begin` the first fetch is still to come, and tells.
        guard let (loop, fetchers) = state.withLock({ $0.fetching }) else { return }
        loop.submit { fetchers.value[place]?.ask() }
    }

    /// Reads the files anew. One that cannot be used leaves its issuer's keys as they are, and the log says so.
    func rereadFiles() async {
        guard let tell = state.withLock({ $0.tell }) else { return }
        for (place, issuer) in issuers.enumerated() where !issuer.isRemote {
            do throws(CannotStart) {
                let reading = try Self.reading(of: issuer)
                reading.report(of: issuer, logger)
                tell(KnownKeys(set: await KeySet(reading)), place)
            } catch {
                logger.error(
                    "An issuer's keys cannot be read anew; the old ones stay.",
                    metadata: ["issuer": "\(issuer.issuer)", "reason": "\(error)"])
            }
        }
    }

    /// Ends fetching. The loop must not have ended before.
    func stop() async {
        let fetching = state.withLock { state in
            defer { (state.fetching, state.tell) = (nil, nil) }
            return state.fetching
        }
        guard let (loop, fetchers) = fetching else { return }
        await Task(executorPreference: loop) {
            for fetcher in fetchers.value.values { fetcher.stop() }
            fetchers.value = [:]
        }.value
    }

    static func reading(of issuer: JWTSettings) throws(CannotStart) -> KeySetReading {
        do throws(UnusableKeySet) {
            return try KeySetReading(file: issuer.jwks, algorithms: issuer.algorithms)
        } catch {
            throw CannotStart(cause: .configuration, description: "\(issuer.jwks): the key set \(error)")
        }
    }
}

extension Gateway {
    /// Reads the files of issuers' keys, as a start would.
    /// - Throws: `CannotStart` for the first that cannot be used.
    package static func checkIssuers(_ settings: Settings, logger: Logger) throws(CannotStart) {
        for issuer in settings.auth.jwt where !issuer.isRemote {
            try IssuerKeys.reading(of: issuer).report(of: issuer, logger)
        }
    }
}
