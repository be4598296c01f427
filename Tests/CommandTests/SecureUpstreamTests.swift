// nginx as the upstream, before the stubs: TLS with an authority of our own, HTTP/2 by ALPN, client certificates, a unix
// socket, and certificates that are not to be trusted.

import Configuration
import Foundation
import StubUpstreams
import Support
import Testing

@Suite struct SecureUpstreamTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    /// What of a running nginx a gateway has to know.
    private struct Front {
        let certificates: TestCertificates
        /// The conversations service over HTTP/2 and TLS; the CRM over TLS for those who show a certificate, and on a socket.
        let http2: UpstreamSettings.Endpoint
        let mutual: UpstreamSettings.Endpoint
        let socket: UpstreamSettings.Endpoint
        let log: @Sendable () -> [[Substring]]
    }

    /// Runs `body` with nginx in front of stubs.
    private func withFront(_ body: (Front) async throws -> Void) async throws {
        let stubs = try await StubUpstreams.start()
        let certificates = try await TestCertificates()
        let host = LoopbackHost()
        let server = try await certificates.make("server", for: [host.name])
        let http2 = try host.freePort(), mutual = try host.freePort()
        let secrets = "ssl_certificate \(server.certificate); ssl_certificate_key \(server.key);"
        let nginx = try await Nginx.start(
            """
            log_format wire '$server_protocol $ssl_client_verify $connection $uri';
            access_log wire.log wire;
            server {
                listen \(host.name):\(http2) ssl http2; \(secrets)
                location / { proxy_pass \(stubs.conversationsURL); }
            }
            server {
                listen \(host.name):\(mutual) ssl; \(secrets)
                ssl_client_certificate \(certificates.authority); ssl_verify_client on;
                location / { proxy_pass \(stubs.crmURL); }
            }
            server { listen unix:\(folder.path("s")); location / { proxy_pass \(stubs.crmURL); } }
            """, in: folder)
        try await body(
            Front(
                certificates: certificates, http2: .url("https://\(host.name):\(http2)"),
                mutual: .url("https://\(host.name):\(mutual)"), socket: .unix(folder.path("s")),
                log: { [folder] in
                    folder.read("wire.log").split(separator: "\n").map { $0.split(separator: " ") }
                }))
        try await nginx.stop()
        try await stubs.stop()
    }

    /// What clients get one after the other.
    private func answers(_ count: Int, _ change: (inout Settings) -> Void) async throws -> [HTTPReply] {
        let gateway = try await RunningGateway.start(settings: { settings in
            settings.tryOnce()
            for index in settings.upstreams.indices { settings.upstreams[index].retries.attempts = 3 }
            settings.routes[0].upstreamCalls = 100
            change(&settings)
        })
        var replies: [HTTPReply] = []
        for _ in 0..<count { replies.append(try await gateway.get(Fixtures.active)) }
        try await gateway.stop()
        return replies
    }

    @Test func `calls over HTTP/2 with TLS on one connection, and shows its certificate where one is asked for`()
        async throws
    {
        try await withFront { front in
            let client = try await front.certificates.make("client")
            let authority = front.certificates.authority

            let replies = try await answers(3) { settings in
                settings.server.threads.fanOut = 1
                settings.change("conversations") {
                    $0.endpoints = [front.http2]
                    $0.wireProtocol = .h2
                    $0.tls = UpstreamTLS(ca: authority)
                }
                settings.change("crm") {
                    $0.endpoints = [front.mutual]
                    $0.tls = UpstreamTLS(ca: authority, certificate: client.certificate, key: client.key)
                }
            }

            #expect(replies.map(\.status) == [200, 200, 200])
            let hasAll = await eventually { front.log().count == 15 }
            #expect(hasAll)
            let conversations = front.log().filter { $0[3].hasPrefix("/conversations") }
            #expect(conversations.count == 9)
            #expect(conversations.allSatisfy { $0[0] == "HTTP/2.0" })
            #expect(Set(conversations.map { $0[2] }).count == 1)
            #expect(front.log().filter { $0[0] == "HTTP/1.1" }.allSatisfy { $0[1] == "SUCCESS" })
        }
    }

    @Test func `the time of TLS's handshake is told, once for each connection`() async throws {
        try await withFront { front in
            let authority = front.certificates.authority
            let gateway = try await RunningGateway.start(settings: { settings in
                settings.tryOnce()
                settings.server.threads.fanOut = 1
                settings.change("conversations") {
                    $0.endpoints = [front.http2]
                    $0.wireProtocol = .h2
                    $0.tls = UpstreamTLS(ca: authority)
                }
            })
            for _ in 0..<2 { #expect(try await gateway.get(Fixtures.active).status == 200) }
            let figures = try await gateway.figures()
            try await gateway.stop()

            let name = "gateway_upstream_tls_handshake_seconds_count"
            #expect(figures.contains("\n\(name){upstream=\"conversations\"} 1\n"))
            #expect(figures.contains("\n\(name){upstream=\"crm\"} 0\n"))
        }
    }

    @Test func `calls over a unix socket`() async throws {
        try await withFront { front in
            let replies = try await answers(2) { $0.change("crm") { $0.endpoints = [front.socket] } }

            #expect(replies.map(\.status) == [200, 200])
        }
    }

    @Test func `a certificate that is not trusted is an error that says so, and is not tried again`() async throws {
        try await withFront { front in
            let other = try await TestCertificates()

            let replies = try await answers(2) { settings in
                settings.change("conversations") {
                    $0.endpoints = [front.http2]
                    $0.wireProtocol = .h2
                    $0.tls = UpstreamTLS(ca: other.authority)
                }
            }

            for reply in replies {
                #expect(reply.status == 502)
                #expect(reply["Proxy-Status"]?.contains("error=tls_protocol_error; next-hop=conversations") == true)
            }
            #expect(front.log().isEmpty)
        }
    }
}
