// The whole way over TLS, as curl takes it: protocol, answer, what upstreams are told and what the log says.

import Configuration
import Foundation
import StubUpstreams
import Support
import Testing

@Suite struct TLSJourneyTests {
    @Test(arguments: [("--http2", "2"), ("--http1.1", "1.1")])
    func `curl gets a conversation, and upstreams and the log know how it asked`(
        option: String, version: String
    ) async throws {
        let certificates = try await TestCertificates()
        let files = try await certificates.make("gateway")
        let log = certificates.folder + "/access.log"
        try await withGateway(
            settings: {
                $0.tryOnce()
                $0.server.listen[0].tls = ListenerTLS([files])
                // curl then says by the PROXY protocol that it is itself.
                $0.server.listen[0].proxyProtocol = true
                $0.telemetry.accessLog = .file(log)
            }
        ) { gateway in
            let said = try await output(
                of: "curl",
                [
                    "--silent", "--show-error", "--max-time", "30", option, "--cacert", certificates.authority,
                    "--haproxy-protocol", "--oauth2-bearer", gateway.key, "--write-out",
                    "\n%{http_code} %{http_version} %{ssl_verify_result}", "--resolve",
                    "localhost:\(gateway.port):127.0.0.1",
                    "https://localhost:\(gateway.port)" + RunningGateway.path(Fixtures.active),
                ])

            let lines = said.split(separator: "\n")
            #expect(lines.last.map(String.init) == "200 \(version) 0")
            #expect(lines.first?.hasPrefix(#"{"id":"\#(Fixtures.active.id)""#) == true)
            #expect(gateway.stubs.calls.count == 5)
            #expect(gateway.stubs.calls.allSatisfy { $0.values("Forwarded") == ["for=127.0.0.1;proto=https"] })
        }
        let written = try String(contentsOfFile: log, encoding: .utf8)
        #expect(written.contains(#""client":"127.0.0.1","scheme":"https","protocol":"HTTP/\#(version)""#))
    }
}
