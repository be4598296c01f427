// The edge as the rest of the gateway sees it: started with addresses and a handler, drained at the end. What it serves by
// may change in between: that is in `EdgeReloading`.

package import Configuration
package import Logging
internal import NIOCore
internal import NIOPosix
package import Pipeline
internal import Synchronization

/// Listens, reads requests, hands them to a `RequestHandler` and writes the answers.
package final class EdgeServer: Sendable {
    let group: MultiThreadedEventLoopGroup
    let loops: EdgeLoops
    /// In the order of the configuration.
    let listeners: Mutex<[Listener]>
    let closing: ClosingTimes
    let handler: any RequestHandler
    let keepsHost: Bool
    let unaskedGiveWay: Bool
    let logger: Logger
    private let isDraining = Atomic<Bool>(false)

    /// Binds all listeners and serves them.
    ///
    /// - Parameters:
    ///   - trustedProxies: whose `Forwarded` and `X-Forwarded-*` are believed.
    ///   - threads: how many event loops read and write; at least 1.
    ///   - lags: told by the loops, one by each, how late they are.
    ///   - handler: gets every request, also those the edge refuses (`Request.refused`).
    ///   - keepsHost: whether requests over HTTP/1.1 tell it their `Host`.
    ///   - unaskedGiveWay: whether connections whose request is not complete make room for new ones, as idle ones do.
    /// - Throws: `CannotUseCertificate` if a file of `ListenerTLS` cannot be used, `CannotListen` if an address cannot be
    ///   bound; then none is, and no thread is left.
    package static func start(
        listeners: [ListenerSettings], trustedProxies: [Network] = [], limits: LimitSettings, timeouts: ServerTimeouts,
        closing: ClosingTimes = ClosingTimes(), threads: Int, lags: [LoopLag] = [], handler: any RequestHandler,
        keepsHost: Bool = false, unaskedGiveWay: Bool = false, logger: Logger
    ) async throws -> EdgeServer {
        let trusted = TrustedProxies(trustedProxies)
        let terms = try listeners.map { try Entrance.Terms($0, trusted: trusted, timeouts, logger) }
        let settings = EdgeSettings(
            limits: limits, timeouts: timeouts, closing: closing, handler: handler, keepsHost: keepsHost,
            unaskedGiveWay: unaskedGiveWay)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, threads))
        do {
            let loops = try await EdgeLoops(group, settings: settings)
            loops.tell(lags)
            var bound: [Listener] = []
            for (listener, terms) in zip(listeners, terms) {
                let new = Listener(at: listener.address, Entrance(listener, terms))
                try await new.bind(group, loops, accepts: true)
                bound.append(new)
            }
            return EdgeServer(
                group: group, loops: loops, listeners: bound, closing: closing, handler: handler, keepsHost: keepsHost,
                unaskedGiveWay: unaskedGiveWay, logger: logger)
        } catch {
            // Closes what was bound, too.
            try await group.shutdownGracefully()
            throw error
        }
    }

    /// Reads the files that listeners name, as a start would. Returns all that cannot be used.
    package static func check(_ listeners: [ListenerSettings], logger: Logger) -> [CannotUseCertificate] {
        listeners.compactMap { listener in
            do throws(CannotUseCertificate) {
                _ = try Entrance.Terms(listener, trusted: TrustedProxies(), ServerTimeouts(), logger)
                return nil
            } catch {
                return error
            }
        }
    }

    private init(
        group: MultiThreadedEventLoopGroup, loops: EdgeLoops, listeners: [Listener], closing: ClosingTimes,
        handler: any RequestHandler, keepsHost: Bool, unaskedGiveWay: Bool, logger: Logger
    ) {
        self.group = group
        self.loops = loops
        self.listeners = Mutex(listeners)
        self.closing = closing
        self.handler = handler
        self.keepsHost = keepsHost
        self.unaskedGiveWay = unaskedGiveWay
        self.logger = logger
    }

    /// The addresses that are listened on, in the order of the listeners, with the ports the kernel chose where 0 was
    /// asked for.
    package var boundAddresses: [ListenAddress] { listeners.withLock(\.self).compactMap(\.boundAddress) }

    /// How many connections are open, those that were turned away not counted.
    package var openConnections: Int { loops.admission.open }

    /// Closes the listening sockets, when what waits there is accepted. What was accepted goes on.
    package func stopAccepting() async {
        for listener in listeners.withLock(\.self) { await close(listener) }
    }

    func close(_ listener: Listener) async {
        do {
            try await listener.close(settling: loops)
        } catch {
            logger.error("A listener did not close.", metadata: ["reason": "\(error)"])
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
