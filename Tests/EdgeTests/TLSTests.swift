// TLS: what is spoken, which certificate is shown, who is let in, what happens when a handshake fails.

import Configuration
import Edge
import Foundation
import Pipeline
import Support
import Testing

@Suite struct TLSTests {
    @Test func `curl asks over TLS and the request says so`() async throws {
        let handler = ScriptedHandler()
        try await withTLS(handler) { running in
            let said = try await running.curl("/path", ["--write-out", " %{http_code} %{ssl_verify_result}"])

            #expect(said == "/path 200 0")
            #expect(handler.requests.first?.scheme == .https)
            #expect(handler.requests.first?.client == "127.0.0.1")
        }
    }

    @Test func `a long answer arrives whole`() async throws {
        let body = String(repeating: "a long answer\n", count: 100_000)
        let handler = ScriptedHandler { _ in Response(status: 200, body: Array(body.utf8)) }
        try await withTLS(handler) { running in
            let said = try await running.curl()

            #expect(said == body)
        }
    }

    @Test(arguments: ["-tls1_2", "-tls1_3"]) func `new versions are spoken`(version: String) async throws {
        try await withTLS { running in
            let said = try await running.handshake(version, "-alpn", "http/1.1")

            #expect(said.contains("\nsubject=CN = first\n"))
            #expect(said.contains("ALPN protocol: http/1.1"))
        }
    }

    @Test(arguments: [
        (["--http2"], "2"), (["--http1.1"], "1.1"), (["--no-alpn"], "1.1"), (["--http2-prior-knowledge"], "2"),
        (["--http2", "--tls-max", "1.2"], "2"),
    ])
    func `client and server agree on a protocol`(options: [String], version: String) async throws {
        let handler = ScriptedHandler()
        try await withTLS(handler) { running in
            let said = try await running.curl("/path", options + ["--write-out", " %{http_version}"])

            #expect(said == "/path \(version)")
            #expect(handler.requests.map(\.scheme) == [.https])
            #expect(handler.requests.map(\.transport) == [version == "2" ? .http2 : .http1])
        }
    }

    @Test(arguments: ["-tls1_2", "-tls1_3"])
    func `a session goes on over a new connection, with a client certificate too`(version: String) async throws {
        try await withTLS(tls: { ListenerTLS([try await $0.make("first")], clientCA: $0.authority) }) { running in
            let client = try await running.certificates.make("client")
            let kept = running.certificates.folder + "/session"
            let options = [version, "-cert", client.certificate, "-key", client.key, "-alpn", "http/1.1"]

            let first = try await running.ask(get("/1", "Connection: close\r\n"), options + ["-sess_out", kept])
            let second = try await running.ask(get("/2", "Connection: close\r\n"), options + ["-sess_in", kept])

            #expect(first.contains("New, TLSv1") && first.contains("HTTP/1.1 200 OK"))
            #expect(second.contains("Reused, TLSv1") && second.contains("HTTP/1.1 200 OK"))
        }
    }

    @Test(arguments: [
        ["-tls1", "-cipher", "DEFAULT@SECLEVEL=0"], ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"],
        // No forward secrecy; no authenticated encryption.
        ["-tls1_2", "-cipher", "AES128-GCM-SHA256"], ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"],
    ])
    func `what is old or weak is refused`(options: [String]) async throws {
        try await withTLS { running in
            let said = try await running.handshake(options[0], options[1 % options.count], options[2 % options.count])

            #expect(said.contains("alert"))
            #expect(said.contains("no peer certificate available"))
        }
    }

    @Test func `the name a client asks for chooses the certificate`() async throws {
        let names = [
            "localhost": "first", "second.test": "second", "SECOND.test": "second", "a.wild.test": "second",
            "a.b.wild.test": "first", "wild.test": "first", "unknown.test": "first",
        ]
        try await withTLS(tls: {
            ListenerTLS([
                try await $0.make("first"),
                try await $0.make("second", for: ["second.test", "*.wild.test"], rsa: true),
            ])
        }) { running in
            for (name, shown) in names {
                for version in ["-tls1_2", "-tls1_3"] {
                    let said = try await running.handshake(version, "-servername", name)

                    #expect(said.contains("\nsubject=CN = \(shown)\n"), "\(name) \(version)")
                }
            }
        }
    }

    @Test func `a client that must show a certificate is not answered without one`() async throws {
        let handler = ScriptedHandler()
        try await withTLS(handler, tls: { ListenerTLS([try await $0.make("first")], clientCA: $0.authority) }) {
            running in
            let client = try await running.certificates.make("client")
            let stranger = try await TestCertificates()
            let strange = try await stranger.make("stranger")

            let without = try await running.curl("/without")
            let wrong = try await running.curl("/wrong", ["--cert", strange.certificate, "--key", strange.key])
            let with = try await running.curl("/with", ["--cert", client.certificate, "--key", client.key])

            #expect(without.hasPrefix("curl: "))
            #expect(wrong.hasPrefix("curl: "))
            #expect(with == "/with")
            #expect(handler.requests.map(\.path) == ["/with"])
        }
    }

    @Test func `a request in cleartext is closed, and the next client is served`() async throws {
        try await withTLS { running in
            let client = try running.edge.client()
            try client.send(get("/"))
            let rest = try client.rest()

            #expect(!rest.contains("HTTP"))
            #expect(try await running.curl("/next") == "/next")
            await eventually { running.edge.server.openConnections == 0 }
            #expect(running.edge.server.openConnections == 0)
        }
    }

    /// How a client may leave in the middle of its handshake.
    enum Leaving: CaseIterable {
        case closes, resets, finishes, staysSilent
    }

    @Test(arguments: Leaving.allCases, [0, 1, 5, 20])
    func `a handshake that is not finished leaves no connection behind`(leaving: Leaving, sent: Int) async throws {
        // The first bytes of a record that holds a ClientHello of 512 bytes.
        let hello: [UInt8] = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3] + [UInt8](repeating: 7, count: 20)
        let terms: (inout Terms) -> Void = { if leaving == .staysSilent { $0.timeouts.tls = .milliseconds(100) } }
        try await withTLS(ScriptedHandler(), terms) { running in
            let client = try running.edge.client()
            try client.send(Array(hello.prefix(sent)))
            await eventually { running.edge.server.openConnections == 1 }
            switch leaving {
            case .closes: client.close()
            case .resets: client.reset()
            case .finishes: client.finish()
            case .staysSilent: #expect(try client.rest() == "")
            }

            await eventually { running.edge.server.openConnections == 0 }
            #expect(running.edge.server.openConnections == 0)
        }
    }

    @Test(arguments: ["--http1.1", "--http2"], [false, true])
    func `a client too many is told so in the protocol it speaks`(version: String, isBehindBalancer: Bool) async throws
    {
        let handler = ScriptedHandler { _ in nil }
        try await withTLS(
            handler,
            {
                $0.limits.connections = 1
                $0.listener.proxyProtocol = isBehindBalancer
            }
        ) { running in
            let options = [version] + (isBehindBalancer ? ["--haproxy-protocol"] : [])
            async let first = running.curl("/first", options)
            _ = handler.waitForRequests(1)
            let second = try await running.curl("/second", options + ["--write-out", " %{http_code} %{http_version}"])
            handler.answer("/first", Response(status: 200, body: Array("ok".utf8)))

            #expect(second == #"{"error":"Too many connections"} 503 "# + (version == "--http2" ? "2" : "1.1"))
            #expect(try await first == "ok")
            #expect(handler.requests.count == 1)
        }
    }

    @Test func `of clients too many that say nothing a few are held, and not for long`() async throws {
        let handler = ScriptedHandler { _ in nil }
        try await withTLS(
            handler,
            {
                $0.limits.connections = 1
                $0.timeouts.tls = .milliseconds(500)
            }
        ) { running in
            async let first = running.curl("/first")
            _ = handler.waitForRequests(1)
            let silent = try (0..<16).map { _ in try running.edge.client() }
            let beyond = try running.edge.client()

            // The others' time is not over yet.
            #expect(try beyond.rest() == "")
            for client in silent { #expect(try client.rest() == "") }
            let second = try await running.curl("/second")
            handler.answer("/first", Response(status: 200, body: Array("ok".utf8)))

            #expect(second == #"{"error":"Too many connections"}"#)
            #expect(try await first == "ok")
        }
    }
}
