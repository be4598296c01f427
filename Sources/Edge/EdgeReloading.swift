// Other settings for an edge that serves: first everything that can fail, with nothing changed; then the change, which
// cannot.
//
// A listener is known by its address as configured. One that is in both configurations stays open, whatever else of it
// changes: its port cannot be bound twice, and nobody who connects in between is refused.

package import Configuration
internal import Logging
internal import NIOCore
internal import Synchronization

/// Everything that keeps an edge from serving by other settings.
package struct CannotServe: Error {
    /// `CannotUseCertificate` and `CannotListen`.
    package let problems: [any Error & CustomStringConvertible]
}

/// What an edge could serve by. To be taken up, or abandoned.
package struct PreparedEdge: Sendable {
    fileprivate struct Way: Sendable {
        let listener: Listener
        let settings: ListenerSettings
        let terms: Entrance.Terms
        /// Bound now; nobody is accepted yet.
        let isNew: Bool
    }

    fileprivate let ways: [Way]
    fileprivate let settings: EdgeSettings
}

extension EdgeServer {
    /// Reads the certificates of all listeners, and binds those that are new. To be called once at a time.
    /// - Throws: `CannotServe`; then nothing is left of it.
    package func prepare(
        listeners: [ListenerSettings], trustedProxies: [Network], limits: LimitSettings, timeouts: ServerTimeouts
    ) async throws(CannotServe) -> PreparedEdge {
        let trusted = TrustedProxies(trustedProxies)
        var problems: [any Error & CustomStringConvertible] = []
        var known = self.listeners.withLock(\.self)
        var ways: [PreparedEdge.Way] = []
        for settings in listeners {
            var terms: Entrance.Terms?
            do throws(CannotUseCertificate) {
                terms = try Entrance.Terms(settings, trusted: trusted, timeouts, logger)
            } catch {
                problems.append(error)
            }
            if let place = known.firstIndex(where: { $0.address == settings.address }) {
                let listener = known.remove(at: place)
                if let terms { ways.append(.init(listener: listener, settings: settings, terms: terms, isNew: false)) }
                continue
            }
            // Without certificates that can be used, too: whether its address is free is another question.
            do throws(CannotListen) {
                let listener = Listener(at: settings.address, Entrance(settings, terms ?? .none))
                try await listener.bind(group, loops, accepts: false)
                ways.append(.init(listener: listener, settings: settings, terms: terms ?? .none, isNew: true))
            } catch {
                problems.append(error)
            }
        }
        let prepared = PreparedEdge(
            ways: ways,
            settings: EdgeSettings(
                limits: limits, timeouts: timeouts, closing: closing, handler: handler, keepsHost: keepsHost,
                unaskedGiveWay: unaskedGiveWay))
        guard problems.isEmpty else {
            await abandon(prepared)
            throw CannotServe(problems: problems)
        }
        return prepared
    }

    /// Serves by what was prepared. New connections begin by it; those that are open go on by what they began with, except
    /// those whose listener is gone, or lets clients in by other means now (TLS, the PROXY protocol): they end with their
    /// answer, and after `time` in any case. To be called before `drain`.
    package func take(up prepared: PreparedEdge, ending time: Duration) async {
        do {
            try await loops.serve(by: prepared.settings)
        } catch {
            logger.error("The edge's loops do not take other settings.", metadata: ["reason": "\(error)"])
        }
        for way in prepared.ways where !way.isNew { exchange(way, time) }
        for way in prepared.ways where way.isNew {
            do {
                try await way.listener.accept()
            } catch {
                logger.error("A listener does not accept.", metadata: ["reason": "\(error)"])
            }
        }
        let gone = listeners.withLock { listeners in
            let kept = prepared.ways.map(\.listener)
            let gone = listeners.filter { listener in !kept.contains { $0 === listener } }
            listeners = kept
            return gone
        }
        for listener in gone {
            await close(listener)
            retire(listener.entrance, time)
        }
    }

    /// Lets go of what was prepared.
    package func abandon(_ prepared: PreparedEdge) async {
        for way in prepared.ways where way.isNew { await close(way.listener) }
    }

    private func exchange(_ way: PreparedEdge.Way, _ time: Duration) {
        let entrance = way.listener.entrance
        if entrance.isFor(way.settings) { return entrance.exchange(way.terms) }
        way.listener.entrance = Entrance(way.settings, way.terms)
        retire(entrance, time)
    }

    private func retire(_ entrance: Entrance, _ time: Duration) {
        entrance.close()
        loops.retire(entrance, within: time)
    }
}
