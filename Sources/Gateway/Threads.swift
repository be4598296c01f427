// How many threads do what.

internal import Configuration
internal import Glibc

/// Edge and fan-out loops. A request's work is mostly the fan-out's, so it gets what the machine has; one edge loop feeds
/// several of them.
struct Threads {
    let edge: Int
    let fanOut: Int

    init(_ settings: ThreadSettings, cores: Int = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) {
        fanOut = settings.fanOut ?? max(1, cores / 2)
        edge = settings.edge ?? max(1, cores / 4)
    }
}
