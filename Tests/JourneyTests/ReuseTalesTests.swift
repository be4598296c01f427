// What is told of requests that were given an earlier one's answer: in the access log and in the figures.

import Configuration
import Foundation
import Gateway
import StubUpstreams
import Support
import Testing

@Suite struct ReuseTalesTests {
    @Test func `the log says whose answer it was and that it cost nothing, the figures count it`() async throws {
        try await withGateway { gateway in
            let log = gateway.folder + "/access.log"
            var settings = gateway.gateway.settings
            settings.telemetry.accessLog = .file(log)
            settings.routes[0].reuse = .seconds(60)
            for index in settings.upstreams.indices { settings.upstreams[index].coalesce = true }
            try await gateway.gateway.reload(settings)
            for id in ["first", "second"] {
                #expect(try await gateway.get(Fixtures.active, [("X-Request-Id", id)]).status == 200)
            }
            var lines: [[String: Any]] = []
            #expect(
                try await eventually {
                    lines = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").compactMap {
                        try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
                    }
                    return lines.count == 2
                })
            let first = try #require(lines.first { $0["requestId"] as? String == "first" })
            let second = try #require(lines.first { $0["requestId"] as? String == "second" })
            let parts = try #require(second["parts"] as? [[String: Any]])
            let figures = try await gateway.figures()

            #expect(first["reusedFrom"] == nil)
            #expect(second["reusedFrom"] as? String == "first")
            #expect(second["coalescedWith"] == nil)
            #expect(second["overheadMs"] == nil)
            #expect(second["bytes"] as? Int == first["bytes"] as? Int)
            #expect(parts.count == 5)
            #expect(parts.allSatisfy { $0["attempts"] as? Int == 0 && $0["coalescedWith"] as? String == "first" })
            #expect(figures.contains("\ngateway_reused_total{route=\"conversation\"} 1\n"))
            #expect(figures.contains("\ngateway_coalesced_total{route=\"conversation\"} 0\n"))
            #expect(!figures.contains("\ngateway_kept_answers_bytes 0\n"))
            let contact = #"route="conversation",part="contact",upstream="crm",outcome="fetched",failure="""#
            #expect(figures.contains("\ngateway_parts_total{\(contact)} 1\n"))
        }
    }
}
