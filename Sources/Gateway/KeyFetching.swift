// All fetching of issuers' keys, once for the process: in the background on the first fan-out loop, with its libcurl, and told
// to each loop.

internal import Configuration
internal import Identity
internal import Logging
internal import Synchronization
internal import Upstream

/// Keeps the keys of issuers as they are published.
final class KeyFetching: Sendable {
    private struct Place {
        let loop: FanOutLoop
        let fetchers: LoopOwned<[ObjectIdentifier: KeyFetcher]>
        let tell: @Sendable (Issuer) -> Void
    }

    /// Of fetches, over all issuers.
    let counts = Outcomes()
    private let logger: Logger
    /// Where it happens; nil: before `begin` and after `stop`.
    private let place = Mutex<Place?>(nil)

    init(_ logger: Logger) {
        self.logger = logger
    }

    /// Fetches on the first of `runtimes` from now on, and tells all of them.
    func begin(on runtimes: [LoopRuntime]) {
        guard let loop = runtimes.first?.loop else { return }
        let place = Place(loop: loop, fetchers: LoopOwned([:], by: loop)) { issuer in
            for runtime in runtimes { runtime.learn(issuer) }
        }
        self.place.withLock { $0 = place }
    }

    /// Fetches the keys of these issuers, and of no other any more. Those that it followed already go on as they are.
    func follow(_ issuers: [Issuer]) {
        guard let place = place.withLock(\.self) else { return }
        let remote = issuers.filter(\.settings.isRemote)
        place.loop.submit { [counts, logger] in
            var fetchers: [ObjectIdentifier: KeyFetcher] = [:]
            for issuer in remote {
                if let known = place.fetchers.value.removeValue(forKey: ObjectIdentifier(issuer)) {
                    fetchers[ObjectIdentifier(issuer)] = known
                    continue
                }
                let old = place.fetchers.value.values.first { $0.issuer.settings.hasKeys(of: issuer.settings) }
                fetchers[ObjectIdentifier(issuer)] = KeyFetcher(
                    issuer, after: old, on: place.loop, counts, logger, tell: place.tell)
            }
            for left in place.fetchers.value.values { left.stop() }
            place.fetchers.value = fetchers
            for fetcher in fetchers.values { fetcher.wake() }
        }
    }

    /// Has an issuer's keys fetched, because a token names one that nobody knows. From any thread.
    @Sendable
    func ask(_ issuer: Issuer) {
        guard let place = place.withLock(\.self) else { return }
        place.loop.submit { place.fetchers.value[ObjectIdentifier(issuer)]?.ask() }
    }

    /// Ends all fetching. The loops must still run.
    func stop() async {
        let place = place.withLock { place in
            defer { place = nil }
            return place
        }
        guard let place else { return }
        await Task(executorPreference: place.loop) {
            for fetcher in place.fetchers.value.values { fetcher.stop() }
            place.fetchers.value = [:]
        }.value
    }
}

extension Gateway {
    /// How often issuers' keys were fetched since the start, and how often that failed.
    package var keyFetches: (fetched: Int, failed: Int) {
        let counts = shared.fetching.counts
        return (counts.successes, counts.failures)
    }
}
