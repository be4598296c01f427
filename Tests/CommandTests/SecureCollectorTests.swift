// A collector of traces behind TLS, with a certificate of its own authority: a right one, and ones that nobody should believe.

import Configuration
import Foundation
import Gateway
import StubUpstreams
import Support
import Testing

@Suite(.timeLimit(.minutes(1))) struct SecureCollectorTests {
    /// Spans of one request that asks for all parts.
    private static let spans = 11
    private static let failures = #"gateway_trace_exports_total{result="failure"} "#

    private let folder: Folder
    private let log = LogLines()

    init() throws { folder = try Folder() }

    /// Runs `body` with a collector behind nginx, and a gateway that believes it by `ca`; nil: by the system's authorities.
    private func withCollector(
        certified names: [String]? = nil, ca: (TestCertificates) async throws -> String?,
        _ body: (RunningGateway, Collector, TestCertificates) async throws -> Void
    ) async throws {
        let collector = try Collector()
        let nginx = try await SecureNginx.start(
            "proxy_pass \(collector.url);", certified: names, in: folder)
        let authority = try await ca(nginx.certificates)
        let gateway = try await RunningGateway.start(
            settings: { settings in
                settings.tryOnce()
                settings.telemetry.otlp = nginx.url
                settings.telemetry.otlpCA = authority
                settings.telemetry.traceSample = 1
            }, log: log)
        try await body(gateway, collector, nginx.certificates)
        try await nginx.stop()
    }

    @Test func `gets spans if it is of the authority that the settings name`() async throws {
        try await withCollector(ca: { $0.authority }) { gateway, collector, _ in
            #expect(try await gateway.get(Fixtures.active).status == 200)
            await gateway.gateway.flushSpans()

            #expect(await eventually { collector.spans.count == Self.spans })
            #expect(await eventually { gateway.gateway.spans == (Self.spans, 0, 0) })
            #expect(!log.lines.contains { $0.contains("Traces") })
            try await gateway.stop()
        }
    }

    @Test(arguments: ["the system's", "another", "another host's"])
    func `gets nothing if it cannot be believed, which is said once, and counted`(fault: String) async throws {
        let other = try await TestCertificates()
        try await withCollector(
            certified: fault == "another host's" ? ["other.test"] : nil,
            ca: { fault == "the system's" ? nil : fault == "another" ? other.authority : $0.authority }
        ) { gateway, collector, certificates in
            #expect(try await gateway.get(Fixtures.active).status == 200)
            await gateway.gateway.flushSpans()
            // It is tried again after a second at the most.
            let isTried = try await eventually {
                try await !gateway.figures().split(separator: "\n").contains {
                    $0 == Self.failures + "0" || $0 == Self.failures + "1"
                }
            }
            let said = log.lines.filter { $0.contains("Traces cannot be exported.") }

            #expect(isTried)
            #expect(said.count == 1)
            #expect(said.first?.hasPrefix("warning") == true && said.first?.contains("certificate") == true, "\(said)")
            #expect(collector.exports.isEmpty)

            if fault == "another host's" {
                try await gateway.stop()
                #expect(gateway.gateway.spans == (0, Self.spans, 0))
            } else {
                // As an operator would put it right, without a restart: what waited is not lost.
                var settings = gateway.gateway.settings
                settings.telemetry.otlpCA = certificates.authority
                try await gateway.gateway.reload(settings)
                #expect(await eventually { gateway.gateway.spans == (Self.spans, 0, 0) })
                try await gateway.stop()
            }
        }
    }
}
