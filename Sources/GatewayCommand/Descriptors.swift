// Clients and upstreams each take descriptors, and the usual limit is made for programs with a few files.

import Glibc

enum Descriptors {
    /// Raises the process's limit to what the system lets it have.
    static func raise() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
