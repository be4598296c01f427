// Clients and upstreams each take descriptors, and the usual limit is made for programs with a few files.

import Configuration
import Gateway
import Glibc
import Logging

enum Descriptors {
    /// Raises the process's limit to what the settings need. Where the system does not allow that, fewer connections are
    /// accepted, and the log says so: better a limit that is kept than one that ends in failures.
    static func fit(_ settings: inout Settings, _ logger: Logger) {
        let needs = DescriptorNeeds(settings)
        let limit = raise(to: needs.all)
        guard limit < needs.all else { return }
        settings.server.limits.connections = needs.clients(within: limit)
        logger.warning(
            "The limit of open files allows fewer connections than configured.",
            metadata: [
                "openFiles": "\(limit)", "needed": "\(needs.all)", "configured": "\(needs.clients)",
                "connections": "\(settings.server.limits.connections)",
            ])
    }

    /// Returns the limit that is in force then.
    private static func raise(to needed: Int) -> Int {
        let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(files, &limit) == 0 else { return needed }
        guard limit.rlim_cur < rlim_t(needed) else { return needed }
        var raised = limit
        raised.rlim_cur = min(limit.rlim_max, rlim_t(needed))
        if setrlimit(files, &raised) == 0 { limit = raised }
        return Int(clamping: limit.rlim_cur)
    }
}
