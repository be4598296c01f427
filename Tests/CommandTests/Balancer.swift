// HAProxy and nginx as processes, run by the example files that operators are given, with other addresses.

import Foundation
import Support
import Testing

/// A load balancer in front of two gateways.
struct Balancer {
    /// Where its clients come in.
    let url: String
    private let command: Command
    /// Where HAProxy tells what it makes of the gateways.
    private let state: String?
    private let folder: Folder

    /// - Parameter change: of the example, before it is used.
    static func haproxy(
        _ neighbours: Neighbours, in folder: Folder, _ change: (String) -> String = { $0 }
    ) async throws -> Balancer {
        let host = LoopbackHost()
        let port = try host.freePort(), state = try host.freePort()
        var text = change(try example("haproxy.cfg"))
        try text.exchange("bind :8000", for: "bind \(host.name):\(port)")
        try text.exchange("bind 127.0.0.1:8404", for: "bind \(host.name):\(state)")
        for (index, place) in neighbours.places.enumerated() {
            try text.exchange("10.0.0.\(index + 1):8080", for: "\(place.host.name):\(place.port)")
            text.replace("\(place.port) port 9901", with: "\(place.port) port \(place.adminPort)")
        }
        let file = try folder.write(text, to: "haproxy.cfg")
        let command = try Command(
            ["-db", "-f", file], in: folder, executable: URL(filePath: "/usr/sbin/haproxy"))
        return Balancer(
            url: "http://\(host.name):\(port)", command: command, state: "http://\(host.name):\(state)/;csv",
            folder: folder)
    }

    static func nginx(_ neighbours: Neighbours, in folder: Folder) async throws -> Balancer {
        let host = LoopbackHost()
        let port = try host.freePort()
        var text = try example("nginx.conf")
        try text.exchange("listen 8000;", for: "listen \(host.name):\(port);")
        for (index, place) in neighbours.places.enumerated() {
            try text.exchange("10.0.0.\(index + 1):8080", for: "\(place.host.name):\(place.port)")
        }
        try text.exchange("http {", for: "http {\n    \(Nginx.kept)\n")
        let file = try folder.write(text, to: "nginx.conf")
        return Balancer(
            url: "http://\(host.name):\(port)", command: try Nginx.command(file, in: folder), state: nil, folder: folder
        )
    }

    private static func example(_ name: String) throws -> String {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "deploy/\(name)")
        return try String(contentsOf: file, encoding: .utf8)
    }

    /// What HAProxy knows of a gateway, or of what it is asked itself: a value by its column's name.
    func row(of server: String, in group: String = "gateways") async throws -> [String: String] {
        let lines = try await curl(try #require(state)).split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        guard let row = lines.first(where: { $0.starts(with: [group, server]) }), let names = lines.first else {
            return [:]
        }
        return Dictionary(zip(names, row), uniquingKeysWith: { first, _ in first })
    }

    /// The answer's status and body.
    func get(_ path: String, _ arguments: String...) async throws -> String {
        try await curl(["-w", "%{http_code} "] + arguments + [url + path])
    }

    private func curl(_ arguments: String...) async throws -> String { try await curl(arguments) }

    private func curl(_ arguments: [String]) async throws -> String {
        let arguments = ["curl", "-s", "--max-time", "10"] + arguments
        return try await Command(arguments, in: folder, executable: URL(filePath: "/usr/bin/env")).end().output
    }

    func stop() async throws {
        command.signal(SIGTERM)
        _ = try await command.end()
    }
}

extension String {
    fileprivate mutating func exchange(_ old: String, for new: String) throws {
        try #require(contains(old), "The example has no \(old) any more.")
        self = replacingOccurrences(of: old, with: new)
    }
}
