// The edge as the rest of the gateway sees it: started with addresses and a handler, drained at the end.

package import Configuration
package import Logging
internal import NIOCore
internal import NIOPosix
package import Pipeline
internal import Synchronization

/// Listens, reads requests, hands them to a `RequestHandler` and writes the answers.
package final class EdgeServer: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let loops: EdgeLoops
    private let listeners: [any Channel]
    private let entrances: [Entrance]
    private let logger: Logger
    private let isDraining = Atomic<Bool>(false)

    /// The addresses that are listened on, in the order of the listeners, with the ports the kernel chose where 0 was
    /// asked for.
    package let boundAddresses: [ListenAddress]

    /// Binds all listeners and serves them.
    ///
    /// - Parameters:
    ///   - trustedProxies: whose `Forwarded` and `X-Forwarded-*` are believed.
    ///   - threads: how many event loops read and write; at least 1.
    ///   - handler: gets every request, also those the edge refuses (`Request.refused`).
    /// - Throws: `CannotUseCertificate` if a file of `ListenerTLS` cannot be used, `CannotListen` if an address cannot be
    ///   bound; then none is, and no thread is left.
    package static func start(
        listeners: [ListenerSettings], trustedProxies: [Network] = [], limits: LimitSettings, timeouts: ServerTimeouts,
        closing: ClosingTimes = ClosingTimes(), threads: Int, handler: any RequestHandler, logger: Logger
    ) async throws -> EdgeServer {
        let trusted = TrustedProxies(trustedProxies)
        let entrances = try listeners.map { try Entrance($0, trusted: trusted, timeouts, logger) }
        let settings = EdgeSettings(limits: limits, timeouts: timeouts, closing: closing, handler: handler)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, threads))
        var bound: [any Channel] = []
        do {
            let loops = try await EdgeLoops(group, settings: settings)
            for (listener, entrance) in zip(listeners, entrances) {
                let listener = Listener(settings: listener, group: group, loops: loops, entrance: entrance)
                bound.append(try await listener.bind())
            }
            return EdgeServer(group: group, loops: loops, listeners: bound, entrances: entrances, logger: logger)
        } catch {
            // Closes what was bound, too.
            try await group.shutdownGracefully()
            throw error
        }
    }

    /// Reads the files that listeners name, as a start would.
    package static func check(_ listeners: [ListenerSettings], logger: Logger) throws(CannotUseCertificate) {
        for listener in listeners {
            _ = try Entrance(listener, trusted: TrustedProxies(), ServerTimeouts(), logger)
        }
    }

    private init(
        group: MultiThreadedEventLoopGroup, loops: EdgeLoops, listeners: [any Channel], entrances: [Entrance],
        logger: Logger
    ) {
        self.group = group
        self.loops = loops
        self.listeners = listeners
        self.entrances = entrances
        self.logger = logger
        boundAddresses = listeners.compactMap { listener in
            guard let address = listener.localAddress, let host = address.ipAddress, let port = address.port else {
                return nil
            }
            return ListenAddress(host: host, port: port)
        }
    }

    /// How many connections are open, those that were turned away not counted.
    package var openConnections: Int { loops.admission.open }

    /// Reads the listeners' certificates anew, for connections from now on. Those of a listener stay as they are if one
    /// of its files cannot be used. What happened is logged.
    package func reloadCertificates() {
        for (entrance, address) in zip(entrances, boundAddresses) {
            guard let certificates = entrance.certificates else { continue }
            do {
                try certificates.reload(logger)
                logger.info("Certificates are read anew.", metadata: ["listener": "\(address)"])
            } catch {
                logger.error(
                    "Certificates cannot be read anew; the old ones stay.",
                    metadata: ["listener": "\(address)", "reason": "\(error)"])
            }
        }
    }

    /// Closes the listening sockets, when what waits there is accepted: the kernel would reset it. What was accepted goes
    /// on.
    package func stopAccepting() async {
        for listener in listeners {
            do {
                try await AcceptQueue(of: listener).empty()
                try await loops.settle()
                try await listener.close().get()
            } catch ChannelError.alreadyClosed {
                continue
            } catch {
                logger.error("A listener did not close.", metadata: ["reason": "\(error)"])
            }
        }
    }

    /// From now on each answer is the last of its connection; new connections go on being accepted. For a load balancer
    /// this empties the connections it keeps, before `drain` refuses it.
    package func beginEnding() async {
        guard !isDraining.load(ordering: .relaxed) else { return }
        do {
            try await loops.beginEnding()
        } catch {
            logger.error("The edge does not end its connections.", metadata: ["reason": "\(error)"])
        }
    }

    /// Stops accepting, closes idle connections and busy ones after their answer. Requests still in progress after `time`
    /// are given up. Afterwards nothing of the server is left. A second call does nothing, and does not wait for the
    /// first.
    ///
    /// - Returns: how many requests were given up.
    @discardableResult
    package func drain(within time: Duration) async -> Int {
        guard !isDraining.exchange(true, ordering: .relaxed) else { return 0 }
        await stopAccepting()
        do {
            let cut = try await loops.drain(within: time)
            try await group.shutdownGracefully()
            return cut
        } catch {
            logger.error("The edge did not end cleanly.", metadata: ["reason": "\(error)"])
            return 0
        }
    }
}
