// What the kernel knows of this process, under the names that Prometheus' own clients give it.

internal import Glibc

/// Figures of the process, read from `/proc` when asked for.
package enum ProcessFigures {
    /// CPU time, memory, descriptors and start. What cannot be read is left out.
    package static var families: [MetricFamily] {
        var families: [MetricFamily] = []
        if let stat = stat() {
            let ticks = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
            families += [
                MetricFamily(
                    "process_cpu_seconds_total", .counter, "User and system time in seconds.",
                    (stat.user + stat.system) / ticks),
                MetricFamily(
                    "process_resident_memory_bytes", .gauge, "Resident memory in bytes.",
                    stat.pages * Double(sysconf(Int32(_SC_PAGESIZE)))),
            ]
            if let boot = bootTime() {
                families.append(
                    MetricFamily(
                        "process_start_time_seconds", .gauge, "Start of the process, in seconds since 1970.",
                        boot + stat.start / ticks))
            }
        }
        if let open = openDescriptors() {
            families.append(
                MetricFamily("process_open_fds", .gauge, "Open descriptors.", Double(open)))
        }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            families.append(
                MetricFamily("process_max_fds", .gauge, "Most descriptors that may be open.", Double(limit.rlim_cur)))
        }
        return families
    }

    /// Memory in bytes and open descriptors; 0 where that cannot be read.
    package static var now: (residentBytes: Int, descriptors: Int) {
        let pages = stat()?.pages ?? 0
        return (Int(pages) * Int(sysconf(Int32(_SC_PAGESIZE))), openDescriptors() ?? 0)
    }

    /// Of `/proc/self/stat` (proc(5)): times in clock ticks, the start since boot, memory in pages.
    private static func stat() -> (user: Double, system: Double, start: Double, pages: Double)? {
        // The second field is the name in parentheses, which may hold anything.
        guard let text = read("/proc/self/stat"), let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[end...].split(separator: " ").dropFirst().map { Double($0) }
        guard fields.count > 21, let user = fields[11], let system = fields[12], let start = fields[19],
            let pages = fields[21]
        else { return nil }
        return (user, system, start, pages)
    }

    private static func bootTime() -> Double? {
        guard let text = read("/proc/stat") else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line.flatMap { Double($0.dropFirst("btime ".count)) }
    }

    private static func openDescriptors() -> Int? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // Itself, and the two entries that every folder has.
        return count - 3
    }

    private static func read(_ path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            let count = Glibc.read(file, &piece, piece.count)
            guard count > 0 else { break }
            bytes += piece[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
