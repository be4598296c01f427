// A client as plain as can be, on a socket of its own, so that a test decides which bytes are sent when, and how the
// connection ends.

import Foundation
import Glibc
import Synchronization

/// One connection to a server on loopback.
///
/// Sending does not wait: what a test sends fits into the kernel's buffers. Reading waits on a thread of its own, half a
/// minute at most, so that many clients can wait at once without a task standing still.
package final class Client: Sendable {
    package struct Broken: Error, CustomStringConvertible {
        package let description: String

        init(_ what: String) {
            description = "\(what): \(String(cString: strerror(errno)))"
        }
    }

    private struct State {
        var descriptor: CInt
        var received: [UInt8] = []
    }

    private let state: Mutex<State>

    package init(port: Int) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Broken("socket") }
        state = Mutex(State(descriptor: descriptor))
        var patience = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var one: CInt = 1
        setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<CInt>.size))
        var address = loopback(port)
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw Broken("connect") }
    }

    deinit { close() }

    package func close() {
        state.withLock { state in
            guard state.descriptor >= 0 else { return }
            Glibc.close(state.descriptor)
            state.descriptor = -1
        }
    }

    /// Closes with a reset instead of a FIN.
    package func reset() {
        state.withLock { state in
            var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
            setsockopt(state.descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        }
        close()
    }

    /// Closes the sending side alone.
    package func finish() {
        state.withLock { _ = shutdown($0.descriptor, Int32(SHUT_WR)) }
    }

    package func send(_ text: String) throws { try send(Array(text.utf8)) }

    package func send(_ bytes: [UInt8]) throws {
        try state.withLock { state in
            var sent = 0
            while sent < bytes.count {
                let count = bytes.withUnsafeBytes {
                    Glibc.send(
                        state.descriptor, $0.baseAddress?.advanced(by: sent), bytes.count - sent, CInt(MSG_NOSIGNAL))
                }
                guard count > 0 else { throw Broken("send") }
                sent += count
            }
        }
    }

    /// The next response that is not an interim one. `toHead`: it has no body, whatever its length.
    package func reply(toHead: Bool = false) async throws -> HTTPReply {
        try await waiting { state in
            while true {
                let reply = try Self.read(&state, toHead: toHead)
                if reply.status >= 200 { return reply }
            }
        }
    }

    /// Everything that comes until the server closes.
    package func rest() async throws -> [UInt8] {
        try await waiting { state in
            while try Self.receive(&state) {}
            return state.received
        }
    }

    /// What comes up to the first `text`, that included.
    package func read(until text: String) async throws -> String {
        let end = Array(text.utf8)
        return try await waiting { state in
            while true {
                if let found = state.received.firstRange(of: end) {
                    defer { state.received.removeSubrange(..<found.upperBound) }
                    return String(decoding: state.received[..<found.upperBound], as: UTF8.self)
                }
                if try !Self.receive(&state) { throw Broken("closed before what was waited for") }
            }
        }
    }

    // MARK: Reading

    private func waiting<Result: Sendable>(_ body: @escaping @Sendable (inout State) throws -> Result) async throws
        -> Result
    {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Swift.Result { try self.state.withLock { try body(&$0) } })
            }
        }
    }

    private static func read(_ state: inout State, toHead: Bool) throws -> HTTPReply {
        var looked = 0
        var end: Int?
        while end == nil {
            if state.received.count >= 4 {
                end = (looked...(state.received.count - 4)).first {
                    state.received[$0..<$0 + 4].elementsEqual("\r\n\r\n".utf8)
                }
                looked = max(0, state.received.count - 3)
            }
            if end == nil, try !receive(&state) { throw Broken("closed within a response's head") }
        }
        let head = Array(state.received[..<(end ?? 0)])
        state.received.removeFirst((end ?? 0) + 4)
        guard let bare = HTTPReply(head: head, body: []) else { throw Broken("a response that is none") }
        let hasBody = !toHead && bare.status >= 200 && bare.status != 204 && bare.status != 304
        let length = hasBody ? bare["Content-Length"].flatMap { Int($0) } ?? 0 : 0
        while state.received.count < length {
            if try !receive(&state) { throw Broken("closed within a response's body") }
        }
        defer { state.received.removeFirst(length) }
        return HTTPReply(head: head, body: Array(state.received.prefix(length))) ?? bare
    }

    /// False at the end.
    private static func receive(_ state: inout State) throws -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65536)
        let count = recv(state.descriptor, &chunk, chunk.count, 0)
        guard count >= 0 else { throw Broken("receive") }
        state.received += chunk[..<count]
        return count > 0
    }
}

func loopback(_ port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    return address
}
