// What tests look at from outside the edge.

import Foundation

/// Returns when `condition` holds, or after half a minute.
func eventually(_ condition: () -> Bool) async {
    let limit = ContinuousClock.now.advanced(by: .seconds(30))
    while !condition(), ContinuousClock.now < limit { await Task.yield() }
}

/// The states (as in /proc/net/tcp: 0A listens) of the sockets at a local port that belong to a process.
func sockets(at port: Int) throws -> [String] {
    let table = try String(contentsOfFile: "/proc/net/tcp", encoding: .utf8)
    let suffix = ":" + String(port, radix: 16, uppercase: true)
    return table.split(separator: "\n").dropFirst().compactMap { line in
        let columns = line.split(separator: " ")
        return columns[1].hasSuffix(suffix) && columns[9] != "0" ? String(columns[3]) : nil
    }
}

/// Whether nothing but the listening socket is left at a local port.
func onlyListens(at port: Int) -> Bool {
    do { return try sockets(at: port) == ["0A"] } catch { return false }
}
