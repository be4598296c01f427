// TLS as two real clients speak it: curl, and `openssl s_client`, which can do what clients should not.

import Configuration
import Edge
import Support

/// An edge with one TLS listener, and certificates that go with it.
struct RunningTLS {
    let edge: RunningEdge
    let certificates: TestCertificates

    func curl(_ path: String = "/", _ arguments: [String] = []) async throws -> String {
        let fixed = ["--silent", "--show-error", "--max-time", "30", "--cacert", certificates.authority]
        let there = ["--resolve", "localhost:\(edge.port):127.0.0.1", "https://localhost:\(edge.port)\(path)"]
        return try await output(of: "curl", fixed + arguments + there)
    }

    /// What `openssl s_client` says about a handshake, without sending anything afterwards.
    func handshake(_ arguments: String...) async throws -> String {
        try await output(of: "openssl", ["s_client", "-connect", "127.0.0.1:\(edge.port)"] + arguments)
    }

    /// Sends `request`, and what `openssl s_client` says of the handshake and the answer, up to the end of the connection.
    func ask(_ request: String, _ options: [String]) async throws -> String {
        let script = #"request=$1; shift; printf '%s' "$request" | openssl s_client -ign_eof "$@" 2>&1"#
        return try await output(
            of: "sh", ["-c", script, "sh", request, "-connect", "127.0.0.1:\(edge.port)"] + options)
    }

    /// Sends `first`, then what is written to the FIFO at `pipe`, over one connection; what came back when it was closed.
    func conversation(first: String, then pipe: String) async throws -> String {
        let script = #"(printf '%s' "$1"; cat "$2") | openssl s_client -quiet -connect "$3""#
        return try await output(of: "sh", ["-c", script, "sh", first, pipe, "127.0.0.1:\(edge.port)"])
    }

    /// The DNS names of the certificate in a handshake's report.
    func names(in handshake: String) async throws -> [String] {
        let script = #"printf '%s' "$1" | openssl x509 -noout -ext subjectAltName"#
        let said = try await output(of: "sh", ["-c", script, "sh", handshake])
        return said.split(whereSeparator: " ,\n".contains).filter { $0.hasPrefix("DNS:") }.map {
            String($0.dropFirst(4))
        }
    }
}

/// - Parameter tls: makes the listener's files.
func withTLS(
    _ handler: ScriptedHandler = ScriptedHandler(), _ change: (inout Terms) -> Void = { _ in },
    tls: (TestCertificates) async throws -> ListenerTLS = { ListenerTLS([try await $0.make("first")]) },
    _ test: (RunningTLS) async throws -> Void
) async throws {
    let certificates = try await TestCertificates()
    let listenerTLS = try await tls(certificates)
    try await withEdge(
        handler,
        {
            $0.listener.tls = listenerTLS
            change(&$0)
        }
    ) { edge in
        try await test(RunningTLS(edge: edge, certificates: certificates))
    }
}
