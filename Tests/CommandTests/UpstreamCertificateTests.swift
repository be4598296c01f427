// What is wrong where TLS to an upstream fails: the answer and the process log say it, and nobody asks a second time.

import Configuration
import Foundation
import StubUpstreams
import Support
import Testing

@Suite struct UpstreamCertificateTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    /// What is wrong, and what is said of it.
    enum Case: String, CaseIterable {
        case expired = "The upstream's certificate, or one above it, has expired."
        case otherName = "The upstream's certificate is not for its name."
        case otherAuthority = "The upstream's certificate is of no authority that is trusted."
        case noCertificate =
            "The upstream does not accept the gateway's certificate, or wants one (alert: certificate required)."
        case foreignCertificate =
            "The upstream does not accept the gateway's certificate, or wants one (alert: unknown ca)."
        case noAuthorities = "The certificates of authorities cannot be read (tls.ca)."
        case noKey = "The gateway's own certificate or key cannot be used (tls.certificate, tls.key)."
    }

    /// A TLS server that has what is wrong, and what the gateway is told about it.
    private struct Server {
        let address: UpstreamSettings.Endpoint
        let tls: UpstreamTLS
        let command: Command
        /// Whose files are wanted for as long.
        let certificates: [TestCertificates]
    }

    private func server(_ what: Case) async throws -> Server {
        let certificates = try await TestCertificates(), others = try await TestCertificates()
        let names = [what == .otherName ? "elsewhere.test" : "127.0.0.1"]
        let mine = try await certificates.make("server", for: names, days: what == .expired ? -1 : 2)
        var arguments = ["s_server", "-accept", "127.0.0.1:0", "-cert", mine.certificate, "-key", mine.key, "-www"]
        var tls = UpstreamTLS(ca: certificates.authority)
        switch what {
        case .expired, .otherName: break
        case .otherAuthority: tls.ca = others.authority
        case .noCertificate, .foreignCertificate:
            arguments += ["-tls1_3", "-CAfile", certificates.authority, "-Verify", "1", "-verify_return_error"]
            let foreign = try await others.make("client")
            if what == .foreignCertificate { (tls.certificate, tls.key) = (foreign.certificate, foreign.key) }
        case .noAuthorities: tls.ca = try folder.write("none", to: "empty.crt")
        case .noKey: (tls.certificate, tls.key) = (mine.certificate, try folder.write("none", to: "empty.key"))
        }
        let command = try Command(arguments, in: folder, executable: URL(filePath: "/usr/bin/openssl"))
        let line = try await command.line(with: "ACCEPT ")
        return Server(
            address: .url("https://" + line.dropFirst("ACCEPT ".count)), tls: tls, command: command,
            certificates: [certificates, others])
    }

    /// Runs `body` beside it. It is killed afterwards: it inherits from its thread that SIGTERM is blocked.
    private func withServer(_ what: Case, _ body: (Server) async throws -> Void) async throws {
        let server = try await server(what)
        do {
            try await body(server)
        } catch {
            server.command.signal(SIGKILL)
            throw error
        }
        server.command.signal(SIGKILL)
        _ = try await server.command.end()
    }

    @Test(arguments: Case.allCases)
    func `what is wrong is said to client and operator, once a minute, and nobody asks twice`(_ what: Case) async throws
    {
        try await withServer(what) { server in
            let log = LogLines()
            let gateway = try await RunningGateway.start(
                settings: { settings in
                    settings.tryOnce()
                    settings.change("crm") {
                        ($0.endpoints, $0.tls) = ([server.address], server.tls)
                        $0.retries.attempts = 3
                        $0.circuit.calls = 1000
                    }
                }, log: log)

            let replies = [try await gateway.get(Fixtures.active), try await gateway.get(Fixtures.active)]
            let figures = try await gateway.figures()
            try await gateway.stop()

            for reply in replies {
                #expect(reply.status == 502)
                #expect(reply["Proxy-Status"]?.contains("error=tls_protocol_error; next-hop=crm") == true)
                #expect(reply["Proxy-Status"]?.contains(what.rawValue) == true, "\(reply["Proxy-Status"] ?? "")")
            }
            let told = log.lines.filter { $0.hasPrefix("warning An upstream's endpoint cannot be called.") }
            #expect(told.count == 1)
            #expect(told.first?.contains(" upstream=crm") == true)
            #expect(told.first?.contains("reason=\(what.rawValue)") == true, "\(told)")
            if what == .noAuthorities { #expect(told.first?.contains("empty.crt") == true) }
            #expect(figures.contains(#"gateway_upstream_retries_total{upstream="crm",result="made"} 0"#))
        }
    }

    @Test func `the other endpoint is asked at once, and the bad one once a call until it is ejected`() async throws {
        try await withServer(.otherAuthority) { server in
            let log = LogLines()
            let gateway = try await RunningGateway.start(
                settings: { settings in
                    settings.routes[0].upstreamCalls = 20
                    settings.change("crm") {
                        $0.endpoints.append(server.address)
                        $0.tls = server.tls
                        $0.retries.minimum = 0
                        $0.retries.budget = 0
                        $0.ejection.consecutive = 3
                        $0.timeouts.attempt = .seconds(2)
                    }
                }, log: log)

            var statuses: [Int] = []
            for _ in 0..<40 { statuses.append(try await gateway.get(Fixtures.active).status) }
            try await gateway.stop()

            #expect(statuses.allSatisfy { $0 == 200 })
            #expect(log.lines.contains { $0.contains("verdict=ejected") })
        }
    }
}
