// Requests as bytes and answers as they came, so that nothing between hides what a client gets.

import Configuration
import Foundation
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
        let client = try Client(port: port)
        try client.send(text)
        return try answered(try await client.rest())
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
