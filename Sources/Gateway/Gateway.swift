// The assembled gateway: fan-out loops, their stacks, and the edge before them.

internal import Admin
package import Configuration
internal import Edge
internal import Identity
package import Logging
internal import Pipeline
internal import Resilience
internal import Synchronization
package import Telemetry
internal import Upstream

/// Why a gateway did not start.
package struct CannotStart: Error, CustomStringConvertible {
    /// What could not be had.
    package enum Cause: Sendable {
        /// A file of the configuration.
        case configuration
        /// An address, a thread, a file to write.
        case resource
    }

    package let cause: Cause
    package let description: String
}

/// A running gateway.
package final class Gateway: Sendable {
    let edge: EdgeServer
    let admin: EdgeServer
    let operators: OperatorHandler
    private let view: OperatorView
    let door: FrontDoor
    let runtimes: [LoopRuntime]
    let shared: Shared
    let threads: Threads
    let changes = Changes()
    /// What serves from now on. Whoever exchanges it tells the loops while it holds the lock, so that all of them hear of
    /// exchanges in the same order.
    let current: Mutex<Generation>
    /// Of reading the file of keys alone anew.
    let keyCounts = Outcomes()
    /// Of reading a whole configuration anew.
    let reloadCounts = Outcomes()
    private let readiness: Readiness
    private let watching: Mutex<Task<Void, Never>?>

    /// Reads the keys, starts the loops and binds the listeners.
    /// - Parameter logLosses: lines of the process's own log that were not written, for whoever asks for figures.
    /// - Throws: `CannotStart`; then nothing is bound and no thread is left.
    package static func start(
        _ settings: Settings, logger: Logger,
        logLosses: @escaping @Sendable () -> AccessLogWriter.Losses = { .none }
    ) async throws(CannotStart) -> Gateway {
        let threads = Threads(settings.server.threads)
        let shared = Shared(
            inFlight: InFlight(most: settings.server.limits.inFlight),
            edgeLags: (0..<threads.edge).map { _ in LoopLag(target: settings.server.limits.lag) },
            answers: AnswerRoom(loops: threads.fanOut), leaving: Leaving(),
            security: SecurityLog(logger), fetching: KeyFetching(logger), traces: TraceExport(logger),
            limits: LimitMemory(keyWaits: KeyWaits(most: settings.server.limits.inFlight / 4)), logger: logger,
            logLosses: logLosses)
        let generation = try await first(settings, shared)
        var runtimes: [LoopRuntime] = []
        var started: EdgeServer?
        do {
            for index in 0..<threads.fanOut {
                runtimes.append(try await LoopRuntime.start(index, shared, generation))
            }
            shared.fetching.begin(on: runtimes)
            shared.fetching.follow(generation.issuers)
            if let first = runtimes.first { shared.traces.begin(on: first.loop) }
            shared.traces.follow(settings.telemetry)
            let readiness = Readiness()
            let door = FrontDoor(
                runtimes, leaving: shared.leaving, readiness: AdminHandler(readiness),
                tellsReadiness: settings.server.readyz)
            let edge = try await EdgeServer.start(
                listeners: settings.server.listen, trustedProxies: settings.server.trustedProxies,
                limits: settings.server.limits, timeouts: settings.server.timeouts, threads: threads.edge,
                lags: shared.edgeLags, handler: door, logger: logger)
            started = edge
            let figures = Figures(), view = OperatorView()
            let operators = OperatorHandler(
                AdminHandler(readiness, scrape: figures.scrape), documents: view.documents,
                access: OperatorAccess(token: settings.admin.token))
            let admin = try await startAdmin(settings, operators, logger)
            let gateway = Gateway(
                edge, admin, operators, view, readiness, door, runtimes, shared, threads, generation)
            gateway.warnOfStrangers()
            gateway.watchKeys()
            figures.tell(of: gateway)
            view.tell(of: gateway)
            return gateway
        } catch {
            await started?.drain(within: .zero)
            await shared.fetching.stop()
            await shared.traces.finish(within: .zero)
            for runtime in runtimes { runtime.loop.stop() }
            generation.log?.close()
            let cause: CannotStart.Cause = error is CannotUseCertificate ? .configuration : .resource
            throw CannotStart(cause: cause, description: "\(error)")
        }
    }

    /// Reads the files that `settings` name, as a start would: keys, issuers' keys, certificates, what calls to upstreams
    /// need. What is unwise about them is logged. Returns everything that cannot be used.
    package static func checkFiles(_ settings: Settings, logger: Logger) -> [CannotStart] {
        var problems = GenerationProblems()
        problems.collect { () throws(CannotStart) in _ = try ServedKeys(settings) }
        problems.collect { () throws(CannotStart) in try checkUpstreamFiles(settings) }
        for issuer in settings.auth.jwt {
            problems.collect { () throws(CannotStart) in _ = try IssuerSource(issuer, logger: logger) }
        }
        return problems.all
            + EdgeServer.check(settings.server.listen, logger: logger).map {
                CannotStart(cause: .configuration, description: $0.description)
            }
    }

    private init(
        _ edge: EdgeServer, _ admin: EdgeServer, _ operators: OperatorHandler, _ view: OperatorView,
        _ readiness: Readiness,
        _ door: FrontDoor,
        _ runtimes: [LoopRuntime], _ shared: Shared, _ threads: Threads, _ generation: Generation
    ) {
        self.edge = edge
        self.admin = admin
        self.operators = operators
        self.view = view
        self.readiness = readiness
        self.door = door
        self.runtimes = runtimes
        self.shared = shared
        self.threads = threads
        current = Mutex(generation)
        watching = Mutex(nil)
    }

    /// Where it listens, with the ports the system chose where 0 was asked for.
    package var addresses: [ListenAddress] { edge.boundAddresses }

    /// Where the operator's side listens.
    package var adminAddresses: [ListenAddress] { admin.boundAddresses }

    /// False from the beginning of its end on.
    var isReady: Bool { readiness.isReady }

    /// What it runs by.
    package var settings: Settings { current.withLock(\.settings) }

    /// What is under way; all zero when nothing is.
    package var inventory: Inventory {
        get async {
            var inventory = Inventory(requests: shared.inFlight.current, clients: edge.openConnections)
            for runtime in runtimes {
                let here = await runtime.inventory
                inventory.transfers += here.transfers
                inventory.waiting += here.waiting
            }
            for load in current.withLock(\.loads).values {
                let here = load.places.inventory
                inventory.calls += here.taken + here.waiting
            }
            return inventory
        }
    }

    /// Leaves, and leaves nothing behind. To be called once.
    ///
    /// - Parameters:
    ///   - notReady: for so long `/readyz` says no while requests are still taken, so that balancers send them elsewhere.
    ///   - time: then nothing more is accepted, and what runs has so long to end.
    @discardableResult
    package func drain(notReady: Duration = .zero, within time: Duration) async -> Departure {
        readiness.end()
        await changes.end()
        if notReady > .zero {
            shared.leaving.begin(.notReady)
            await edge.beginEnding()
            // Ends early only with the task, and then nobody waits for balancers any more.
            do { try await Task.sleep(for: notReady) } catch {}
        }
        shared.leaving.begin(.finishing)
        let cut = await edge.drain(within: time)
        operators.end()
        await admin.drain(within: .zero)
        await view.end()
        // It asks loops, which must run as long.
        await endWatching()
        await shared.fetching.stop()
        // All of them hand over before the first sends.
        await flushSpans()
        await shared.traces.finish(within: .seconds(2))
        for runtime in runtimes { await runtime.stop() }
        current.withLock(\.log)?.close()
        return shared.leaving.departure(cut: cut)
    }

    /// It may have been set to try something out, and be forgotten.
    func warnOfStrangers() {
        guard let strangers = settings.auth.anonymous else { return }
        shared.logger.warning(
            "Whoever has no credential is let in.",
            metadata: ["tenant": "\(strangers.tenant)", "scopes": "\(strangers.scopes.joined(separator: ","))"])
    }

    private func watchKeys() {
        // Holds the gateway only while it looks: one that was never drained can go all the same.
        let task = Task { [weak self] in
            let bell = FileBell(every: KeyWatch.interval)
            defer { bell.stop() }
            var watch = KeyWatch()
            for await _ in bell.rings {
                guard let self else { return }
                await look(at: &watch, bell)
                shared.security.settle()
            }
        }
        watching.withLock { $0 = task }
    }

    private func endWatching() async {
        let task = watching.withLock(\.self)
        task?.cancel()
        await task?.value
    }

    private static func first(_ settings: Settings, _ shared: Shared) async throws(CannotStart) -> Generation {
        do throws(GenerationProblems) {
            return try await Generation(settings, after: nil, shared.limits, logger: shared.logger)
        } catch {
            throw error.together
        }
    }

    /// The operator's listener has a loop of its own: it answers when all others are busy.
    private static func startAdmin(
        _ settings: Settings, _ handler: OperatorHandler, _ logger: Logger
    ) async throws -> EdgeServer {
        try await EdgeServer.start(
            listeners: [settings.admin.listener], limits: AdminSettings.limits, timeouts: ServerTimeouts(), threads: 1,
            handler: handler, keepsHost: true, unaskedGiveWay: true, logger: logger)
    }
}

extension AdminSettings {
    var listener: ListenerSettings {
        var listener = ListenerSettings()
        listener.address = address
        return listener
    }

    /// Operators are few. Whoever else holds connections there without asking makes room for a health check.
    static var limits: LimitSettings {
        var limits = LimitSettings()
        limits.connections = 64
        return limits
    }
}

/// What a gateway works on at one moment.
package struct Inventory: Sendable, Equatable {
    /// Requests in flight.
    package var requests = 0
    /// Connections of clients.
    package var clients = 0
    /// Calls that have a place at their upstream, or wait for one.
    package var calls = 0
    /// Transfers under way.
    package var transfers = 0
    /// Requests that wait for their turn.
    package var waiting = 0
}
