// Asking the operator's side of a gateway.

import Foundation
import Support
import Testing

extension RunningGateway {
    /// The answer of the operator's side, over a connection of its own.
    func ask(
        _ path: String, method: String = "GET", host: String? = nil, _ fields: [(String, String)] = []
    ) async throws -> HTTPReply {
        let client = try Client(port: adminPort)
        defer { client.close() }
        let lines = [("Host", host ?? "127.0.0.1:\(adminPort)")] + fields
        try client.send("\(method) \(path) HTTP/1.1\r\n" + lines.map { "\($0): \($1)\r\n" }.joined() + "\r\n")
        return try await client.reply(toHead: method == "HEAD")
    }

    /// A document of the operator's side.
    func document(_ name: String) async throws -> [String: Any] {
        let reply = try await ask("/admin/\(name).json")
        #expect(reply.status == 200 && reply["Content-Type"] == "application/json")
        #expect(reply["Cache-Control"] == "no-store")
        return try #require(reply.object)
    }

    func list(_ name: String) async throws -> [[String: Any]] {
        try #require(try await document(name)[name] as? [[String: Any]])
    }
}

/// The first of `rows` whose `member` is `value`.
func row(_ rows: Any?, _ member: String = "name", _ value: String) throws -> [String: Any] {
    try #require((rows as? [[String: Any]])?.first { $0[member] as? String == value })
}
