// What a scrape tells of the process itself, of its logs, and of what it keeps for operators.

import Configuration
import Foundation
import Gateway
import Glibc
import StubUpstreams
import Support
import Testing

@Suite(.timeLimit(.minutes(1))) struct ProcessFigureTests {
    @Test func `processor time, memory, descriptors and the start are told`() async throws {
        try await withGateway { gateway in
            let before = try await figures(of: gateway)
            let clients = try (0..<20).map { _ in try Client(port: gateway.port) }
            // Both ends of them are here.
            let isCounted = try await eventually {
                let open = try await figures(of: gateway)["process_open_fds"]
                return try #require(open) >= #require(before["process_open_fds"]) + 40
            }
            let hasWorked = try await eventually {
                let spent = try await figures(of: gateway)["process_cpu_seconds_total"]
                return try #require(spent) > #require(before["process_cpu_seconds_total"])
            }
            let after = try await figures(of: gateway)
            for client in clients { client.close() }

            #expect(isCounted)
            #expect(hasWorked)
            #expect(try #require(after["process_open_fds"]) < #require(after["process_max_fds"]))
            #expect(try #require(after["process_resident_memory_bytes"]) > 10_000_000)
            let start = try #require(after["process_start_time_seconds"])
            #expect(start == before["process_start_time_seconds"])
            let age = Date.now.timeIntervalSince1970 - start
            #expect((0...86_400).contains(age))
        }
    }

    // MARK: The access log

    /// Requests whose lines are more than a pipe holds, and 4 MiB that may wait.
    private static let many = 5500

    /// A gateway whose access log is at `path`.
    private func withLog(at path: (RunningGateway) -> String, _ body: (RunningGateway) async throws -> Void)
        async throws
    {
        try await withGateway { gateway in
            var settings = gateway.gateway.settings
            settings.telemetry.accessLog = .file(path(gateway))
            try await gateway.gateway.reload(settings)
            try await body(gateway)
        }
    }

    private func lost(_ reason: String, of gateway: RunningGateway) async throws -> Double {
        try #require(try await figures(of: gateway)["gateway_access_log_lost_lines_total{reason=\"\(reason)\"}"])
    }

    @Test func `a pipe that nobody reads loses lines, which are counted, and no request`() async throws {
        var reader: CInt = -1
        defer { close(reader) }
        let makePipe = { (gateway: RunningGateway) -> String in
            let path = gateway.folder + "/pipe"
            mkfifo(path, 0o600)
            reader = open(path, O_RDONLY | O_NONBLOCK)
            return path
        }
        try await withLog(at: makePipe) { gateway in
            let none = try await lost("full", of: gateway)
            // Long lines, and many at once, so that what may wait is soon there.
            let request = gateway.request(
                "/" + String(repeating: "x", count: 600), [("X-Request-Id", String(repeating: "y", count: 128))])
            let client = try Client(port: gateway.port)
            var statuses: [Int: Int] = [:]
            for _ in 0..<Self.many / 100 {
                try client.send(String(repeating: request, count: 100))
                for _ in 0..<100 { statuses[try await client.reply().status, default: 0] += 1 }
            }
            let answer = try await gateway.get(Fixtures.active)

            let isCounted = try await eventually { try await lost("full", of: gateway) > 0 }
            #expect(none == 0)
            #expect(statuses == [404: Self.many])
            #expect(answer.status == 200)
            let failed = try await lost("failed", of: gateway)
            #expect(isCounted)
            #expect(failed == 0)

            // Whoever reads at last gets whole lines.
            var settings = gateway.gateway.settings
            settings.telemetry.accessLog = .off
            try await gateway.gateway.reload(settings)
            let lines = await wholeText(reader).split(separator: "\n")
            #expect(lines.count > 1000 && lines.count < Self.many)
            for line in lines { _ = try JSONSerialization.jsonObject(with: Data(line.utf8)) }
        }
    }

    @Test func `a full disk loses lines, which are counted, and no request`() async throws {
        try await withLog(at: { _ in "/dev/full" }) { gateway in
            for _ in 0..<3 { #expect(try await gateway.get(Fixtures.active).status == 200) }

            let isCounted = try await eventually { try await lost("failed", of: gateway) == 3 }
            let full = try await lost("full", of: gateway)

            #expect(isCounted)
            #expect(full == 0)
        }
    }

    /// All that comes until nobody writes any more.
    private func wholeText(_ descriptor: CInt) async -> String {
        var bytes: [UInt8] = [], piece = [UInt8](repeating: 0, count: 65_536)
        let hasEnded = await eventually {
            while true {
                let count = read(descriptor, &piece, piece.count)
                if count == 0 { return true }
                guard count > 0 else { return false }
                bytes += piece[..<count]
            }
        }
        #expect(hasEnded)
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: Operators

    @Test func `pages that are open are told`() async throws {
        try await withGateway { gateway in
            let before = try await figures(of: gateway)
            let page = try Client(port: gateway.adminPort)
            try page.send("GET /admin/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            _ = try await page.reply(toHead: true)
            let during = try await figures(of: gateway)
            page.close()
            let isClosed = try await eventually {
                try await figures(of: gateway)["gateway_event_streams_open"] == 0
            }

            #expect(before["gateway_event_streams_open"] == 0)
            #expect(during["gateway_event_streams_open"] == 1)
            #expect(isClosed)
        }
    }

    @Test func `explained requests that are kept are told, and are not more than may be kept`() async throws {
        try await withGateway(settings: { $0.server.threads.fanOut = 1 }) { gateway in
            var counts: [Double?] = []
            for number in 1...70 {
                _ = try await gateway.get("/nowhere", key: gateway.explainingKey, [("X-Gateway-Explain", "1")])
                if [1, 64, 70].contains(number) {
                    counts.append(try await figures(of: gateway)["gateway_explained_requests_kept"])
                }
            }

            #expect(counts == [1, 64, 64])
        }
    }
}
