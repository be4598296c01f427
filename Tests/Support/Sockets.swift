// What can be learnt of sockets from outside the programs that use them.

import Glibc

/// A port on loopback that nobody else gets as long as this lives. Nobody listens there, unless this does.
package final class HeldPort: Sendable {
    package let port: Int
    package let descriptor: CInt

    package init(listening: Bool = false) throws {
        (descriptor, port) = try boundSocket()
        guard !listening || listen(descriptor, 1) == 0 else { throw Client.Broken("listen") }
    }

    deinit { close(descriptor) }

    /// Whether somebody has connected, if this listens.
    package var hasCaller: Bool {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return Glibc.poll(&poll, 1, 0) == 1
    }
}

/// A TCP socket that is bound and does not listen yet.
/// - Parameters:
///   - host: an address of loopback.
///   - port: 0: the kernel chooses. Another one may still have connections of an earlier socket.
func boundSocket(host: String = "127.0.0.1", port: Int = 0) throws -> (descriptor: CInt, port: Int) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    if port != 0 {
        var one: CInt = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<CInt>.size))
    }
    var address = loopback(port)
    address.sin_addr.s_addr = inet_addr(host)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
        }
    }
    guard isBound else {
        let broken = Client.Broken("bind")
        close(descriptor)
        throw broken
    }
    return (descriptor, Int(in_port_t(bigEndian: address.sin_port)))
}

/// This process's descriptors of TCP sockets that have this port at either end, listeners included. Other tests run
/// beside, so a look at all descriptors would say nothing.
package func descriptors(at port: Int) -> [CInt] {
    (0..<CInt(8192)).filter { port4($0, getsockname) == port || port4($0, getpeername) == port }
}

/// How many bytes wait at connections to this port, sent by who listens there and not read yet.
package func unreadBytes(from port: Int) -> Int {
    descriptors(at: port).filter { port4($0, getpeername) == port }.reduce(0) { sum, descriptor in
        var count: CInt = 0
        return ioctl(descriptor, UInt(FIONREAD), &count) == 0 ? sum + Int(count) : sum
    }
}

/// Between two looks at what a test waits for: a loop without it takes the processor from what it waits for.
func pause() async {
    // Fails only if the test is cancelled, and then the next look is the last.
    do { try await Task.sleep(for: .milliseconds(1)) } catch {}
}

/// Returns when `condition` holds, or after `limit`; whether it holds then.
package func eventually(within limit: Duration = .seconds(10), _ condition: () async throws -> Bool) async rethrows
    -> Bool
{
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if try await condition() { return true }
        await pause()
    }
    return try await condition()
}

private func port4(
    _ descriptor: CInt, _ ask: (CInt, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> CInt
) -> Int? {
    var address = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let known = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { ask(descriptor, $0, &size) == 0 }
    }
    guard known, address.sin_family == sa_family_t(AF_INET) else { return nil }
    return Int(in_port_t(bigEndian: address.sin_port))
}

/// Sends all of `bytes`, or what `peer` takes before it leaves.
func sendAll(_ bytes: [UInt8], to peer: CInt) {
    var sent = 0
    while sent < bytes.count {
        let count = bytes.withUnsafeBytes {
            send(peer, $0.baseAddress?.advanced(by: sent), bytes.count - sent, CInt(MSG_NOSIGNAL))
        }
        guard count > 0 else { return }
        sent += count
    }
}
