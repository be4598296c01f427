// An edge on a free port of loopback, for the length of a test.

import Configuration
import Edge
import Logging
import Pipeline

/// What a test turns about the edge.
struct Terms {
    var limits = LimitSettings()
    var timeouts = ServerTimeouts()
    var closing = ClosingTimes()
    var threads = 1
    var listener = ListenerSettings()
    var trustedProxies: [Network] = []
    var unaskedGiveWay = false
    var logger = Logger(label: "edge")

    init() {
        closing.linger = .milliseconds(200)
        closing.lastWord = .milliseconds(20)
        listener.address = ListenAddress(host: "127.0.0.1", port: 0)
    }
}

struct RunningEdge {
    let server: EdgeServer
    let port: Int
    let terms: Terms

    func client() throws -> Client { try Client(port: port) }

    /// Serves by other settings from now on, with all files read anew.
    /// - Parameter listeners: nil: the same one.
    func reload(
        _ listeners: [ListenerSettings]? = nil, _ change: (inout Terms) -> Void = { _ in }
    ) async throws(CannotServe) {
        var terms = terms
        change(&terms)
        let prepared = try await server.prepare(
            listeners: listeners ?? [terms.listener], trustedProxies: terms.trustedProxies, limits: terms.limits,
            timeouts: terms.timeouts)
        await server.take(up: prepared, ending: .seconds(10))
    }
}

func withEdge(
    _ handler: ScriptedHandler, _ change: (inout Terms) -> Void = { _ in },
    _ test: (RunningEdge) async throws -> Void
) async throws {
    var terms = Terms()
    change(&terms)
    let server = try await EdgeServer.start(
        listeners: [terms.listener], trustedProxies: terms.trustedProxies, limits: terms.limits,
        timeouts: terms.timeouts, closing: terms.closing,
        threads: terms.threads, handler: handler, unaskedGiveWay: terms.unaskedGiveWay, logger: terms.logger)
    do {
        try await test(RunningEdge(server: server, port: server.boundAddresses.first?.port ?? 0, terms: terms))
        await server.drain(within: .zero)
    } catch {
        await server.drain(within: .zero)
        throw error
    }
}

/// A request for `path` with the fields it must have.
func get(_ path: String, _ fields: String = "") -> String {
    "GET \(path) HTTP/1.1\r\nHost: gateway\r\n\(fields)\r\n"
}
