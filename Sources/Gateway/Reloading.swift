// Another configuration for a running gateway: made whole and checked, then taken up, or left alone.

package import Configuration
internal import Edge
internal import Logging
internal import Synchronization

/// Why a gateway goes on by its old configuration.
package struct CannotReload: Error {
    /// Everything that is wrong with the new one.
    package let problems: [String]
}

extension Gateway {
    /// Runs by `settings` from now on, with all files that they name read anew: keys and certificates. Requests that
    /// are under way end with what they began with.
    ///
    /// To be called once at a time.
    /// - Throws: `CannotReload`; then nothing has changed.
    package func reload(_ settings: Settings) async throws(CannotReload) {
        let old = current.withLock(\.self)
        let new: Generation
        do throws(GenerationProblems) {
            new = try Generation(settings, after: old, logger: shared.logger)
        } catch {
            throw CannotReload(problems: error.all.map(\.description))
        }
        take(up: new, after: old)
        edge.reloadCertificates()
        // What is said to be in force is: no request begins by the old configuration any more.
        for runtime in runtimes { await runtime.settled() }
        let needed = RestartSettings.changed(from: old.settings, to: settings)
        guard !needed.isEmpty else { return }
        shared.logger.warning(
            "Some settings that changed need a restart; their old values stay.",
            metadata: ["settings": "\(needed.joined(separator: ", "))"])
    }

    private func take(up new: Generation, after old: Generation) {
        current.withLock { generation in
            var new = new
            // Keys that were read while the rest was being made are newer than those that were made with it.
            let isSameFile = generation.settings.auth.apiKeysFile == new.settings.auth.apiKeysFile
            if isSameFile, generation.keys.state != old.keys.state { new.keys = generation.keys }
            generation = new
            shared.inFlight.allow(new.settings.server.limits.inFlight)
            for runtime in runtimes { runtime.take(up: new) }
        }
    }
}

/// Settings that a running gateway cannot change. One that ignored them silently would be taken for another than it is.
enum RestartSettings {
    /// Dotted names of those that differ.
    static func changed(from old: Settings, to new: Settings) -> [String] {
        let differences: [(String, Bool)] = [
            ("server.listen", old.server.listen != new.server.listen),
            ("server.trustedProxies", old.server.trustedProxies != new.server.trustedProxies),
            ("server.limits", old.server.limits.ofConnections != new.server.limits.ofConnections),
            ("server.timeouts", old.server.timeouts != new.server.timeouts),
            ("server.readyz", old.server.readyz != new.server.readyz),
            ("server.threads", old.server.threads != new.server.threads),
            ("admin.address", old.admin.address != new.admin.address),
        ]
        return differences.filter(\.1).map(\.0)
    }
}

extension LimitSettings {
    fileprivate var ofConnections: LimitSettings {
        var limits = self
        limits.inFlight = 0
        return limits
    }
}
