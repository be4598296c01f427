// Another configuration for a running gateway: made whole and checked, then taken up, or left alone.

internal import Admin
package import Configuration
internal import Edge
internal import Identity
internal import Logging
internal import Pipeline
internal import Synchronization
internal import Telemetry
internal import Upstream

/// Why a gateway goes on by its old configuration.
package struct CannotReload: Error {
    /// Everything that is wrong with the new one.
    package let problems: [String]
}

extension Gateway {
    /// Opens the access log's file anew if it was renamed. A reload does that by itself; this is for a configuration that
    /// cannot even be read, which is no reason to go on writing to the old file.
    package func reopenLog() {
        do throws(AccessLogUnavailable) {
            try current.withLock(\.log)?.reopen()
        } catch {
            shared.logger.error("The access log goes on in the file it has.", metadata: ["reason": "\(error)"])
        }
    }

    /// Runs by `settings` from now on, with all files that they name read anew: keys, issuers' keys and
    /// certificates. Requests that
    /// are under way end with what they began with.
    ///
    /// To be called once at a time.
    /// - Throws: `CannotReload`; then nothing has changed.
    package func reload(_ settings: Settings) async throws(CannotReload) {
        let old = current.withLock(\.self)
        var problems: [String] = []
        var generation: Generation?
        do throws(GenerationProblems) {
            generation = try await Generation(settings, after: old, shared.limits, logger: shared.logger)
        } catch {
            problems += error.all.map(\.description)
        }
        let server = settings.server
        let edge = await prepare(&problems) { (gateway) async throws(CannotServe) in
            try await gateway.edge.prepare(
                listeners: server.listen, trustedProxies: server.trustedProxies, limits: server.limits,
                timeouts: server.timeouts)
        }
        let admin = await prepare(&problems) { (gateway) async throws(CannotServe) in
            try await gateway.admin.prepare(
                listeners: [settings.admin.listener], trustedProxies: [], limits: AdminSettings.limits,
                timeouts: ServerTimeouts())
        }
        if let generation, let edge, let admin {
            let isDone = await changes.run { [self] in await take(up: generation, edge, admin) }
            if isDone {
                warnOfStrangers()
                return nameRestart(for: Threads(server.threads))
            }
            problems.append("the gateway is leaving")
        }
        reopenLog()
        if let edge { await self.edge.abandon(edge) }
        if let admin { await self.admin.abandon(admin) }
        throw CannotReload(problems: problems)
    }

    private func prepare(
        _ problems: inout [String], _ prepare: (Gateway) async throws(CannotServe) -> PreparedEdge
    ) async -> PreparedEdge? {
        do throws(CannotServe) {
            return try await prepare(self)
        } catch {
            problems += error.problems.map(\.description)
            return nil
        }
    }

    /// Nothing of it can fail. Loops first: who comes by a new listener finds what was configured with it.
    private func take(up new: Generation, _ edge: PreparedEdge, _ admin: PreparedEdge) async {
        exchange(new)
        // What is said to be in force is: no request begins by the old configuration any more.
        for runtime in runtimes { await runtime.settled() }
        door.tellReadiness(new.settings.server.readyz)
        await self.edge.take(up: edge, ending: new.settings.server.drain.finish)
        await self.admin.take(up: admin, ending: .seconds(1))
    }

    func exchange(_ new: Generation) {
        current.withLock { generation in
            var new = new
            // While the rest was being made, somebody else may have read the keys anew.
            let isSameFile = generation.settings.auth.apiKeysFile == new.settings.auth.apiKeysFile
            if isSameFile, generation.keys.isNewer(than: new.keys) { new.keys = generation.keys }
            generation = new
            shared.inFlight.allow(new.settings.server.limits.inFlight)
            for lag in shared.edgeLags + runtimes.map(\.loop.lag) { lag.allow(new.settings.server.limits.lag) }
            shared.limits.keyWaits.allow(new.settings.server.limits.inFlight / 4)
            for runtime in runtimes { runtime.take(up: new) }
            operators.exchange(OperatorAccess(token: new.settings.admin.token))
            shared.fetching.follow(new.issuers)
            shared.traces.follow(new.settings.telemetry)
        }
    }

    /// A setting that was ignored silently would be taken for one that holds.
    private func nameRestart(for wanted: Threads) {
        let names = [
            wanted.edge == threads.edge ? nil : "server.threads.edge",
            wanted.fanOut == threads.fanOut ? nil : "server.threads.fanOut",
        ].compactMap { $0 }
        guard !names.isEmpty else { return }
        shared.logger.warning(
            "Some settings that changed need a restart; their old values stay.",
            metadata: ["settings": "\(names.joined(separator: ", "))"])
    }
}
