// The assembled gateway: fan-out loops, their stacks, and the edge before them.

internal import Admin
internal import Aggregation
package import Configuration
internal import Edge
internal import JSON
package import Logging
internal import Pipeline
internal import Resilience
internal import Telemetry
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
    private let edge: EdgeServer
    private let admin: EdgeServer
    private let readiness: Readiness
    private let runtimes: [LoopRuntime]
    private let shared: Shared

    /// Reads the keys, starts the loops and binds the listeners.
    /// - Throws: `CannotStart`; then nothing is bound and no thread is left.
    package static func start(_ settings: Settings, logger: Logger) async throws(CannotStart) -> Gateway {
        let threads = Threads(settings.server.threads)
        let shared = Shared(
            settings: settings,
            plans: settings.routes.map { Plan($0, contract: settings.contract) },
            keys: try keys(settings),
            issuerKeys: try await IssuerKeys.read(settings.auth.jwt, logger: logger),
            inFlight: InFlight(most: settings.server.limits.inFlight),
            loads: settings.upstreams.reduce(into: [:]) { $0[$1.name] = UpstreamLoad($1) },
            leaving: Leaving(),
            log: try accessLog(settings.telemetry.accessLog),
            logger: logger)
        var runtimes: [LoopRuntime] = []
        var started: EdgeServer?
        do {
            for index in 0..<threads.fanOut {
                runtimes.append(try await LoopRuntime.start(index, shared, connections: connections(settings)))
            }
            tellKeys(shared.issuerKeys, to: runtimes)
            let readiness = Readiness()
            let door = FrontDoor(
                runtimes, leaving: shared.leaving, readiness: settings.server.readyz ? AdminHandler(readiness) : nil)
            let edge = try await EdgeServer.start(
                listeners: settings.server.listen, trustedProxies: settings.server.trustedProxies,
                limits: settings.server.limits, timeouts: settings.server.timeouts, threads: threads.edge,
                handler: door, logger: logger)
            started = edge
            let admin = try await startAdmin(settings, readiness, logger)
            return Gateway(edge, admin, readiness, runtimes, shared)
        } catch {
            await started?.drain(within: .zero)
            await shared.issuerKeys.stop()
            for runtime in runtimes { runtime.loop.stop() }
            shared.log?.close(within: .seconds(1))
            let cause: CannotStart.Cause = error is CannotUseCertificate ? .configuration : .resource
            throw CannotStart(cause: cause, description: "\(error)")
        }
    }

    /// Reads the certificates that listeners name, as a start would. What is unwise about them is logged.
    /// - Throws: `CannotStart` for the first that cannot be used.
    package static func checkCertificates(_ settings: Settings, logger: Logger) throws(CannotStart) {
        do throws(CannotUseCertificate) {
            try EdgeServer.check(settings.server.listen, logger: logger)
        } catch {
            throw CannotStart(cause: .configuration, description: "\(error)")
        }
    }

    private init(
        _ edge: EdgeServer, _ admin: EdgeServer, _ readiness: Readiness, _ runtimes: [LoopRuntime], _ shared: Shared
    ) {
        self.edge = edge
        self.admin = admin
        self.readiness = readiness
        self.runtimes = runtimes
        self.shared = shared
    }

    /// Reads anew what can change while it runs, which is the listeners' certificates and the files of issuers' keys. What cannot be used stays as it
    /// was, and the log says so.
    package func reload() async {
        edge.reloadCertificates()
        await shared.issuerKeys.rereadFiles()
    }

    /// Where it listens, with the ports the system chose where 0 was asked for.
    package var addresses: [ListenAddress] { edge.boundAddresses }

    /// Where the operator's side listens.
    package var adminAddresses: [ListenAddress] { admin.boundAddresses }

    /// What is under way; all zero when nothing is.
    package var inventory: Inventory {
        get async {
            var inventory = Inventory(requests: shared.inFlight.current, clients: edge.openConnections)
            for runtime in runtimes {
                let here = await runtime.inventory
                inventory.transfers += here.transfers
                inventory.waiting += here.waiting
            }
            for load in shared.loads.values {
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
        if notReady > .zero {
            shared.leaving.begin(.notReady)
            await edge.beginEnding()
            // Ends early only with the task, and then nobody waits for balancers any more.
            do { try await Task.sleep(for: notReady) } catch {}
        }
        shared.leaving.begin(.finishing)
        let cut = await edge.drain(within: time)
        await admin.drain(within: .zero)
        await shared.issuerKeys.stop()
        for runtime in runtimes { await runtime.stop() }
        closeLog()
        return shared.leaving.departure(cut: cut)
    }

    private func closeLog() {
        guard let log = shared.log else { return }
        let isWritten = log.close(within: .seconds(2))
        let losses = log.losses
        if !isWritten || losses.refused + losses.failed > 0 {
            shared.logger.warning(
                "Lines of the access log were lost.",
                metadata: [
                    "refused": "\(losses.refused)", "failed": "\(losses.failed)", "errno": "\(losses.lastError)",
                ])
        }
    }

    /// The operator's listener has a loop of its own: it answers when all others are busy.
    private static func startAdmin(
        _ settings: Settings, _ readiness: Readiness, _ logger: Logger
    ) async throws -> EdgeServer {
        var listener = ListenerSettings()
        listener.address = settings.admin.address
        var limits = LimitSettings()
        limits.connections = 64
        return try await EdgeServer.start(
            listeners: [listener], limits: limits, timeouts: ServerTimeouts(), threads: 1,
            handler: AdminHandler(readiness), logger: logger)
    }

    private static func accessLog(_ setting: TelemetrySettings.AccessLog) throws(CannotStart) -> AccessLogWriter? {
        do throws(AccessLogUnavailable) {
            return try AccessLogWriter.start(setting)
        } catch {
            throw CannotStart(cause: .resource, description: "\(error)")
        }
    }

    /// Keys that come from afar are fetched on the first loop, and told to all.
    private static func tellKeys(_ keys: IssuerKeys, to runtimes: [LoopRuntime]) {
        guard !keys.issuers.isEmpty, let first = runtimes.first else { return }
        keys.begin(on: first.loop) { known, place in
            for runtime in runtimes { runtime.learn(known, of: place) }
        }
    }

    /// Idle connections a loop keeps: as many as its upstreams may have.
    private static func connections(_ settings: Settings) -> Int {
        settings.upstreams.reduce(0) { $0 + $1.connections.perEndpoint * $1.endpoints.count }
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
