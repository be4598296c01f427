// Fetches one issuer's keys: the thin layer around the rules of Identity/Tokens/KeyRefresh.swift. On one fan-out loop's
// thread; what it learns is told to all loops.

internal import Configuration
internal import Identity
internal import Logging
internal import Pipeline
internal import Synchronization
internal import Upstream

/// The keys of one issuer that come from a URL.
final class KeyFetcher: Sleeper {
    let issuer: Issuer
    private let client: UpstreamClient
    /// Path and query.
    private let target: String
    private let loop: FanOutLoop
    private let counts: Outcomes
    private let logger: Logger
    private let tell: @Sendable (Issuer) -> Void

    private var rules: KeyRefresh
    private var set: KeySet?
    private var call: (any RunningCall)?
    private var alarm: AlarmID?
    private var isStopped = false
    private var wasUsable = false

    /// - Parameter old: fetched for an entry with the same keys until now; its keys stay, as old as they are.
    init(
        _ issuer: Issuer, after old: KeyFetcher? = nil, on loop: FanOutLoop, _ counts: Outcomes, _ logger: Logger,
        tell: @escaping @Sendable (Issuer) -> Void
    ) {
        self.issuer = issuer
        self.loop = loop
        self.counts = counts
        self.logger = logger
        self.tell = tell
        let (origin, target) = Self.parts(of: issuer.settings.jwks)
        self.target = target
        var settings = UpstreamSettings(name: "issuer", endpoints: [.url(origin)])
        settings.tls = issuer.settings.ca.map { UpstreamTLS(ca: $0) }
        settings.timeouts.connect = KeyRefresh.patience
        settings.timeouts.attempt = KeyRefresh.patience
        settings.maxBody = KeySetReading.longest
        client = UpstreamClient(settings, on: loop, userAgent: "conversation-gateway/\(Version.current)")
        rules = old.map { $0.rules.takenOver(at: loop.now) } ?? KeyRefresh(at: loop.now)
        set = old?.set
        wasUsable = old?.wasUsable ?? false
    }

    /// Fetches if it is time, and looks again when it will be.
    func wake() {
        // Not only the alarm wakes it: each reload does.
        if let alarm { loop.callOff(alarm) }
        alarm = nil
        guard !isStopped else { return }
        if rules.begins(at: loop.now) { fetch() } else { look() }
    }

    /// A token names a key that is not there.
    func ask() {
        guard !isStopped else { return }
        if rules.beginsForUnknownKey(at: loop.now) { fetch() } else { look() }
    }

    func stop() {
        isStopped = true
        if let alarm { loop.callOff(alarm) }
        call?.cancel()
    }

    private func fetch() {
        look()
        var hasEnded = false
        let running = client.fetch(target) { [self] in
            hasEnded = true
            call = nil
            ended($0)
        }
        if !hasEnded { call = running }
    }

    private func ended(_ result: Result<Reply, Failure>) {
        guard !isStopped else { return }
        switch result {
        case .failure(let failure): failed(failure.reason)
        case .success(let reply) where reply.status != 200: failed("The issuer answered \(reply.status).")
        case .success(let reply):
            // Nothing of what was verified is forgotten when nothing has changed.
            if let set, set.isMade(of: reply.body.bytes) { return succeeded() }
            do throws(UnusableKeySet) {
                use(try KeySetReading(reply.body, algorithms: issuer.settings.algorithms))
            } catch {
                failed("The key set \(error)")
            }
        }
    }

    private func use(_ reading: KeySetReading) {
        reading.report(of: issuer.settings, logger)
        let fetcher = Confined(self)
        Task(executorPreference: loop) {
            let set = await KeySet(reading)
            fetcher.value.learn(set)
        }
    }

    private func learn(_ set: KeySet) {
        guard !isStopped else { return }
        self.set = set
        logger.info("The keys of an issuer are new.", metadata: ["issuer": "\(name)"])
        succeeded()
    }

    private func succeeded() {
        counts.succeeded()
        rules.succeeded(at: loop.now, luck: .random(in: 0...1))
        look()
    }

    private func failed(_ reason: String) {
        counts.failed()
        rules.failed(at: loop.now, luck: .random(in: 0...1))
        let isUsable = rules.isUsable(at: loop.now)
        logger.warning(
            isUsable
                ? "The keys of an issuer could not be fetched; the last good ones are used."
                : "The keys of an issuer could not be fetched; its tokens are answered with 503.",
            metadata: ["issuer": "\(name)", "reason": "\(reason)", "failures": "\(rules.failures)"])
        look()
    }

    /// Tells the loops how things are, and sets the alarm for the next change.
    private func look() {
        let now = loop.now
        let isUsable = rules.isUsable(at: now)
        if wasUsable, !isUsable {
            logger.error(
                "The keys of an issuer are too old; its tokens are answered with 503.",
                metadata: ["issuer": "\(name)"])
        }
        wasUsable = isUsable
        var known = KnownKeys(set: isUsable ? set : nil)
        known.isFetching = rules.isFetching
        known.isDoubtful = rules.failures > 0
        known.mayAsk = rules.mayBeAsked
        known.asOf = rules.asOf
        known.fetched = rules.fetched
        known.nextFetch = rules.due
        issuer.known = known
        tell(issuer)
        if let alarm { loop.callOff(alarm) }
        alarm = rules.next(after: now).map { loop.setAlarm(at: $0, for: self) }
    }

    private var name: String { issuer.settings.issuer }

    /// The origin of a URL, and what is to be asked there.
    static func parts(of url: String) -> (origin: String, target: String) {
        let authority = url.firstRange(of: "://")?.upperBound ?? url.startIndex
        let end = url[authority...].firstIndex { "/?#".contains($0) } ?? url.endIndex
        let target = url[end...].prefix { $0 != "#" }
        return (String(url[..<end]), target.hasPrefix("/") ? String(target) : "/" + target)
    }
}
