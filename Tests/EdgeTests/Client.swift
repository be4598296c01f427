// A client as plain as can be: a blocking socket, so that a test decides what is sent when.

import Glibc

/// Every read waits at most half a minute, which only a fault takes.
final class Client {
    struct Broken: Error {
        let what: String
        let code = errno
    }

    struct Reply {
        let status: Int
        /// Names in lower case.
        let fields: [String: String]
        let body: String
    }

    private var descriptor: CInt
    private var received: [UInt8] = []

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var patience = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var one: CInt = 1
        setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<CInt>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw Broken(what: "connect") }
    }

    deinit { close() }

    func close() {
        guard descriptor >= 0 else { return }
        Glibc.close(descriptor)
        descriptor = -1
    }

    /// Closes with a reset instead of a FIN.
    func reset() {
        var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        close()
    }

    /// Closes the sending side alone.
    func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

    func narrow() {
        var size: CInt = 4096
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<CInt>.size))
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress?.advanced(by: sent), bytes.count - sent, CInt(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Broken(what: "send") }
            sent += count
        }
    }

    /// Sends as much as the server takes without waiting; returns how much that was.
    func sendAsMuchAsFits(_ bytes: [UInt8]) -> Int {
        var sent = 0
        while true {
            let flags = CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT)
            let count = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, bytes.count, flags) }
            if count > 0 {
                sent += count
                continue
            }
            // Full: a server that reads on makes room within this time.
            var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard Glibc.poll(&poll, 1, 200) == 1 else { return sent }
        }
    }

    /// Sends one byte after the other, slowly, until an answer or the end comes. Returns how many were sent; at most `most`.
    func drip(_ bytes: [UInt8], atMost most: Int) throws -> Int {
        for sent in 0..<most {
            var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if Glibc.poll(&poll, 1, 2) == 1 { return sent }
            try send([bytes[sent % bytes.count]])
        }
        return most
    }

    /// Reads one byte after the other, slowly, until the end, at most so many. Returns how many came.
    func sip(atMost most: Int) -> Int {
        for count in 0..<most {
            var byte: UInt8 = 0
            guard recv(descriptor, &byte, 1, 0) == 1 else { return count }
            // Asks for nothing but to be told of a reset.
            var poll = pollfd(fd: descriptor, events: 0, revents: 0)
            if Glibc.poll(&poll, 1, 2) == 1 { return count }
        }
        return most
    }

    /// Reads 8 KiB every few milliseconds, for so long. Returns how many bytes came.
    func takeSlowly(for time: Duration) throws -> Int {
        let end = ContinuousClock.now + time
        var piece = [UInt8](repeating: 0, count: 8 * 1024)
        var count = 0
        while .now < end {
            let more = recv(descriptor, &piece, piece.count, 0)
            guard more > 0 else { throw Broken(what: "recv") }
            count += more
            // Asks for nothing but to be told of a reset.
            var poll = pollfd(fd: descriptor, events: 0, revents: 0)
            _ = Glibc.poll(&poll, 1, 5)
        }
        return count
    }

    /// Reads to the end. Returns how many bytes came.
    func takeRest() throws -> Int {
        var piece = [UInt8](repeating: 0, count: 64 * 1024)
        var count = 0
        while true {
            let more = recv(descriptor, &piece, piece.count, 0)
            guard more >= 0 else { throw Broken(what: "recv") }
            if more == 0 { return count }
            count += more
        }
    }

    /// Reads one response. `toHead`: it has no body, whatever its length.
    func reply(toHead: Bool = false) throws -> Reply {
        let head = try readHead()
        var lines = head.split(separator: "\r\n")[...]
        let status = Int(lines.removeFirst().split(separator: " ")[1]) ?? 0
        var fields: [String: String] = [:]
        for line in lines {
            let parts = line.split(separator: ":", maxSplits: 1)
            fields[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
        }
        let length = toHead ? 0 : fields["content-length"].flatMap { Int($0) } ?? 0
        while received.count < length { try more() }
        let body = String(decoding: received.prefix(length), as: UTF8.self)
        received.removeFirst(length)
        return Reply(status: status, fields: fields, body: body)
    }

    private func readHead() throws -> String {
        while true {
            let end = received.indices.dropLast(3).first { received[$0...].starts(with: "\r\n\r\n".utf8) }
            if let end {
                defer { received.removeFirst(end + 4) }
                return String(decoding: received[..<end], as: UTF8.self)
            }
            try more()
        }
    }

    /// What has come, at least one byte; nothing at the end.
    func some() throws -> [UInt8] {
        if received.isEmpty { _ = try receive() }
        defer { received = [] }
        return received
    }

    /// What comes up to the first `text`, that included.
    func receive(until text: String) throws -> String {
        while true {
            if let found = received.firstRange(of: Array(text.utf8)) {
                defer { received.removeSubrange(..<found.upperBound) }
                return String(decoding: received[..<found.upperBound], as: UTF8.self)
            }
            try more()
        }
    }

    /// What comes until the server closes; throws if it does not.
    func rest() throws -> String {
        while try receive() {}
        defer { received = [] }
        return String(decoding: received, as: UTF8.self)
    }

    private func more() throws {
        guard try receive() else { throw Broken(what: "closed within a response") }
    }

    /// False at the end.
    private func receive() throws -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        guard count >= 0 else { throw Broken(what: "receive") }
        received += chunk[..<count]
        return count > 0
    }
}
