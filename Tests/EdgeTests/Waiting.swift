// What tests look at from outside the edge.

import Foundation

/// Returns when `condition` holds, or after half a minute.
func eventually(_ condition: () -> Bool) async {
    let limit = ContinuousClock.now.advanced(by: .seconds(30))
    while !condition(), ContinuousClock.now < limit { await Task.yield() }
}

/// The states (as in /proc/net/tcp: 0A listens) of the sockets at a local port that belong to a process.
func sockets(at port: Int) throws -> [String] {
    // Read to its end: a file of /proc has no size that could be trusted.
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/net/tcp"))
    let table = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
    let suffix = ":" + String(port, radix: 16, uppercase: true)
    return table.split(separator: "\n").dropFirst().compactMap { line in
        let columns = line.split(separator: " ")
        return columns[1].hasSuffix(suffix) && columns[9] != "0" ? String(columns[3]) : nil
    }
}

/// Whether a local port has connections, and is not listened to any more.
func onlyTalks(at port: Int) -> Bool {
    do { return try !sockets(at: port).contains("0A") } catch { return false }
}

/// Whether nothing but the listening socket is left at a local port.
func onlyListens(at port: Int) -> Bool {
    do { return try sockets(at: port) == ["0A"] } catch { return false }
}
