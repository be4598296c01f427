// Requests as bytes and answers as they came, so that nothing between hides what a client gets.

import Configuration
import Foundation
import Glibc
import StubUpstreams
import Support

/// One answer, as sent.
struct Answered: Sendable {
    let status: Int
    let fields: [(name: String, value: String)]
    let body: [UInt8]

    subscript(_ name: String) -> String? { fields.first { $0.name.lowercased() == name.lowercased() }?.value }
}

struct NoAnswer: Error {
    let what: String
}

extension Settings {
    /// A busy machine must not turn answers into timeouts.
    mutating func waitLonger() {
        for index in upstreams.indices {
            upstreams[index].timeouts.connect = .seconds(15)
            upstreams[index].timeouts.attempt = .seconds(15)
        }
        for index in routes.indices { routes[index].deadline = .seconds(30) }
    }
}

extension RunningGateway {
    static func path(_ id: String) -> String { "/api/conversations/\(id)" }

    /// Sends one request with the usual credential, or with `key` (nil: none), and reads its answer.
    func ask(
        _ path: String, method: String = "GET", key: String?? = .none, fields: [String] = []
    ) async throws -> Answered {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: gateway.test", "Connection: close"] + fields
        if let key = key ?? self.key { lines.append("Authorization: Bearer \(key)") }
        return try await send(lines.joined(separator: "\r\n") + "\r\n\r\n")
    }

    /// Sends `text` as it is and reads until the gateway closes.
    func send(_ text: String) async throws -> Answered {
        let port = port
        let bytes: [UInt8] = await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: exchange(Array(text.utf8), port: port)) }
        }
        return try answered(bytes)
    }
}

/// What comes until the end; empty if there is no connection.
private func exchange(_ request: [UInt8], port: Int) -> [UInt8] {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var patience = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    let isConnected = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
    }
    guard isConnected else { return [] }
    _ = request.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
    var received: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = recv(descriptor, &chunk, chunk.count, 0)
        guard count > 0 else { return received }
        received += chunk[..<count]
    }
}

private func answered(_ bytes: [UInt8]) throws -> Answered {
    guard let end = bytes.indices.first(where: { bytes[$0...].starts(with: "\r\n\r\n".utf8) }) else {
        throw NoAnswer(what: String(decoding: bytes, as: UTF8.self))
    }
    var lines = String(decoding: bytes[..<end], as: UTF8.self).components(separatedBy: "\r\n")
    guard let status = lines.removeFirst().split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
        throw NoAnswer(what: "no status")
    }
    let fields = lines.map { line in
        let colon = line.firstIndex(of: ":") ?? line.endIndex
        return (String(line[..<colon]), line[colon...].dropFirst().trimmingCharacters(in: .whitespaces))
    }
    return Answered(status: status, fields: fields, body: Array(bytes[(end + 4)...]))
}
