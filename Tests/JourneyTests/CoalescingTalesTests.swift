// What is told of requests and calls that shared: in the access log, in the figures, and across a reload.

import Configuration
import Foundation
import Gateway
import StubUpstreams
import Support
import Testing

@Suite struct CoalescingTalesTests {
    /// Two equal requests, the second of which comes after `between`; returns the lines of the access log.
    private func lines(
        between: (RunningGateway) async throws -> Void = { _ in },
        then: (RunningGateway) async throws -> Void = { _ in }
    ) async throws -> [[String: Any]] {
        let gate = Gate(limit: .seconds(60))
        let script = Script.parts(["messages": [.hold(gate)]])
        var lines: [[String: Any]] = []
        try await withGateway(script: script) { gateway in
            let log = gateway.folder + "/access.log"
            var settings = gateway.gateway.settings
            settings.telemetry.accessLog = .file(log)
            for index in settings.upstreams.indices { settings.upstreams[index].coalesce = true }
            try await gateway.gateway.reload(settings)
            let first = try gateway.begin(Fixtures.active, [("X-Request-Id", "first")])
            try await gate.waitUntil(arrived: 1)
            try await between(gateway)
            let second = try gateway.begin(Fixtures.active, [("X-Request-Id", "second")])
            #expect(await eventually { await gateway.gateway.inventory.requests == 2 })
            await gate.open()
            #expect(try await first.reply().status == 200)
            #expect(try await second.reply().status == 200)
            #expect(
                try await eventually {
                    lines = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").compactMap {
                        try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
                    }
                    return lines.count == 2
                })
            try await then(gateway)
        }
        return lines
    }

    private func line(of id: String, in lines: [[String: Any]]) throws -> ([String: Any], parts: [[String: Any]]) {
        let line = try #require(lines.first { $0["requestId"] as? String == id })
        return (line, try #require(line["parts"] as? [[String: Any]]))
    }

    @Test func `a line says whose answer it was, and that it cost nothing`() async throws {
        let lines = try await lines()
        let (first, firstParts) = try line(of: "first", in: lines)
        let (second, secondParts) = try line(of: "second", in: lines)

        #expect(first["coalescedWith"] == nil)
        #expect(firstParts.allSatisfy { $0["coalescedWith"] == nil && $0["attempts"] as? Int == 1 })
        #expect(second["coalescedWith"] as? String == "first")
        #expect(secondParts.count == 5)
        #expect(secondParts.allSatisfy { $0["coalescedWith"] as? String == "first" && $0["attempts"] as? Int == 0 })
        #expect(second["bytes"] as? Int == first["bytes"] as? Int)
    }

    @Test func `a request of a new configuration shares no answer of the old one, but calls to upstreams that stayed`()
        async throws
    {
        let lines = try await lines(between: { gateway in
            var settings = gateway.gateway.settings
            settings.change("crm") { $0.timeouts.connect = .seconds(19) }
            try await gateway.gateway.reload(settings)
        })
        let (second, parts) = try line(of: "second", in: lines)
        let calls = parts.reduce(into: [:]) { $0[$1["name"] as? String ?? ""] = $1["attempts"] as? Int }

        #expect(second["coalescedWith"] == nil)
        #expect(calls["messages"] == 0)
        #expect(calls["contact"] == 1)
    }

    @Test func `the figures count what was shared`() async throws {
        _ = try await lines(then: { gateway in
            let admin = gateway.gateway.adminAddresses[0].port
            let client = try Client(port: admin)
            defer { client.close() }
            try client.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            let text = try await client.reply().text

            #expect(text.contains("\ngateway_coalesced_total{route=\"conversation\"} 1\n"))
            #expect(text.contains("\ngateway_coalesced_total{upstream=\"conversations\"} 0\n"))
            #expect(text.contains("\ngateway_coalesced_total{upstream=\"crm\"} 0\n"))
        })
    }
}
