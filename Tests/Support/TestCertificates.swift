// Certificates for tests, made by `openssl` when they are wanted: none in the repository, none that expires.

package import Configuration
import Foundation

/// An authority of its own, and what it issues, in a folder that goes with it.
package final class TestCertificates: Sendable {
    package struct CannotMake: Error {
        package let said: String
    }

    package let folder: String
    /// The authority's certificate, for clients that are to trust it.
    package var authority: String { folder + "/ca.crt" }

    package init() async throws {
        folder = FileManager.default.temporaryDirectory.path + "/certificates-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try await openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=Authority", "-keyout", folder + "/ca.key", "-out", authority,
            "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")
    }

    deinit {
        do { try FileManager.default.removeItem(atPath: folder) } catch { print("\(folder) is left behind: \(error)") }
    }

    /// A certificate with its key, in PEM, for servers and clients.
    /// - Parameters:
    ///   - file: the files' name, without ending; also the subject. An earlier one of the name is replaced.
    ///   - names: DNS names, and addresses.
    ///   - days: how long it is valid; negative: it has expired.
    package func make(
        _ file: String, for names: [String] = ["localhost"], rsa: Bool = false, days: Int = 2
    ) async throws -> ListenerTLS.Certificate {
        let path = folder + "/" + file
        let algorithm = rsa ? ["rsa:2048"] : ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
        try await openssl(
            ["req", "-newkey"] + algorithm
                + ["-nodes", "-subj", "/CN=\(file)", "-keyout", path + ".new", "-out", path + ".csr"])
        // With the modes that a careful operator gives it, and never half of it there.
        chmod(path + ".new", 0o600)
        rename(path + ".new", path + ".key")
        let extensions =
            "subjectAltName="
            + names.map { ($0.allSatisfy { "0123456789.".contains($0) } ? "IP:" : "DNS:") + $0 }.joined(separator: ",")
            + "\n"
        try Data(extensions.utf8).write(to: URL(fileURLWithPath: path + ".ext"))
        try await openssl(
            "x509", "-req", "-in", path + ".csr", "-CA", authority, "-CAkey", folder + "/ca.key", "-CAcreateserial",
            "-days", "\(days)", "-extfile", path + ".ext", "-out", path + ".crt")
        return ListenerTLS.Certificate(certificate: path + ".crt", key: path + ".key")
    }

    private func openssl(_ arguments: String...) async throws { try await openssl(arguments) }

    private func openssl(_ arguments: [String]) async throws {
        // `openssl` says what it does even when it does it; only its last word tells.
        let script = #"openssl "$@" 2>&1 && echo && echo done"#
        let said = try await output(of: "sh", ["-c", script, "sh"] + arguments)
        guard said.hasSuffix("\ndone\n") else { throw CannotMake(said: said) }
    }
}
