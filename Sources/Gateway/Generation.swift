// What one configuration means to all loops. A reload makes another, whole and checked, before any loop hears of it; each
// loop then takes it up between two requests, and what is under way ends with the one that it began with.

internal import Aggregation
internal import Configuration
internal import Identity
internal import Logging
internal import Pipeline
internal import Resilience
internal import Telemetry

/// Everything that is made of a configuration and its files, and is the same for all loops.
///
/// What a loop makes of it is a `LoopGeneration`; what outlives both is in `Shared`, or in the `LoopRuntime`.
struct Generation: Sendable {
    let settings: Settings
    /// When it was made, since 1970.
    let made = WallClock.now
    let plans: [Plan]
    /// Changed on its own when only the file of keys has.
    var keys: ServedKeys
    /// Who makes tokens. An entry that is the same keeps its keys from generation to generation.
    let issuers: [Issuer]
    /// Nil: refused credentials are not counted.
    let failedCredentials: FailedCredentials?
    /// Nil: tenants may ask as much as they like.
    let rateLimit: RateLimit?
    /// By upstream's name. What is made of settings that are the same is kept from generation to generation: calls that are
    /// under way go on being counted, and what is known of endpoints stays known.
    let loads: [String: UpstreamLoad]
    /// Requests that shared another's answer, by route's name. Counted on from generation to generation.
    let coalesced: [String: SharedCount]
    /// Requests that were given an earlier one's answer, likewise.
    let reused: [String: SharedCount]
    /// Nil: none is written.
    let log: AccessLog?

    /// Reads the files that `settings` name, and makes everything that could fail.
    /// - Parameters:
    ///   - old: the generation that serves now; nil: the gateway starts.
    ///   - memory: of all generations.
    /// - Throws: everything that is wrong, at once.
    init(
        _ settings: Settings, after old: Generation?, _ memory: LimitMemory, logger: Logger
    ) async throws(GenerationProblems) {
        var problems = GenerationProblems()
        self.settings = settings
        plans = settings.routes.map { Plan($0, contract: settings.contract) }
        failedCredentials = FailedCredentials(settings.auth.failures, memory.failedCredentials)
        rateLimit = RateLimit(settings.rateLimit, memory.rates, after: old?.rateLimit, logger: logger)
        loads = settings.upstreams.reduce(into: [:]) { loads, upstream in
            loads[upstream.name] = UpstreamLoad(upstream, after: old?.load(of: upstream.name), logger: logger)
        }
        coalesced = Self.counts(of: settings.routes, after: old?.coalesced)
        reused = Self.counts(of: settings.routes, after: old?.reused)
        problems.collect { () throws(CannotStart) in try Gateway.checkUpstreamFiles(settings) }
        let keys = problems.collect { () throws(CannotStart) in try ServedKeys(settings) }
        let log = problems.collect { () throws(CannotStart) in
            try AccessLog.open(settings.telemetry.accessLog, after: old?.log, logger: logger)
        }
        let sources = settings.auth.jwt.compactMap { issuer in
            problems.collect { () throws(CannotStart) in try IssuerSource(issuer, logger: logger) }
        }
        guard problems.all.isEmpty, let keys, let log else { throw problems }
        var issuers: [Issuer] = []
        for source in sources { issuers.append(await source.issuer(after: old?.issuers ?? [])) }
        self.issuers = issuers
        self.keys = keys
        self.log = log
    }

    private static func counts(
        of routes: [RouteSettings], after old: [String: SharedCount]?
    ) -> [String: SharedCount] {
        routes.reduce(into: [:]) { $0[$1.name] = old?[$1.name] ?? SharedCount() }
    }

    private func load(of name: String) -> (UpstreamSettings, UpstreamLoad)? {
        guard let upstream = settings.upstreams.first(where: { $0.name == name }), let load = loads[name] else {
            return nil
        }
        return (upstream, load)
    }
}

/// Everything that keeps a generation from being made.
struct GenerationProblems: Error {
    private(set) var all: [CannotStart] = []

    /// What `make` makes; nil: it failed, which is noted.
    @discardableResult
    mutating func collect<Made>(_ make: () throws(CannotStart) -> Made) -> Made? {
        do throws(CannotStart) {
            return try make()
        } catch {
            all.append(error)
            return nil
        }
    }
}

extension GenerationProblems {
    /// All of them as one.
    var together: CannotStart {
        CannotStart(
            cause: all.contains { $0.cause == .configuration } ? .configuration : .resource,
            description: all.map(\.description).joined(separator: "\n"))
    }
}
