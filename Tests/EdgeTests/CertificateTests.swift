// The files of TLS: what is wrong with them is found at start and named, and new ones replace old ones under way.

import Configuration
import Edge
import Foundation
import Logging
import Pipeline
import Support
import Testing

@Suite struct CertificateTests {
    /// What makes a listener's files useless, the file that is to blame, and what is said of it.
    enum Fault: CaseIterable {
        case missing, notPEM, noKey, anothersKey, folder, endless, missingAuthority, emptyAuthority

        /// Spoils `tls`, whose files are in `folder`.
        func spoil(_ tls: inout ListenerTLS, in folder: String) throws -> (file: String, reason: String) {
            switch self {
            case .missing:
                tls.certificates[0].certificate = folder + "/none.crt"
                return (folder + "/none.crt", "cannot be read: No such file or directory")
            case .notPEM:
                try write(
                    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                    to: tls.certificates[1].certificate)
                return (tls.certificates[1].certificate, "holds no certificate in PEM")
            case .noKey:
                tls.certificates[0].key = tls.certificates[0].certificate
                return (tls.certificates[0].key, "holds no private key in PEM that can be read without a password")
            case .anothersKey:
                tls.certificates[1].key = tls.certificates[0].key
                return (tls.certificates[1].key, "is not the key of the certificate it stands beside")
            case .folder:
                tls.certificates[0].key = folder
                return (folder, "cannot be read: Is a directory")
            case .endless:
                tls.certificates[0].certificate = "/dev/zero"
                return ("/dev/zero", "is longer than 1 MiB, which no certificate is")
            case .missingAuthority:
                tls.clientCA = folder + "/none.crt"
                return (folder + "/none.crt", "cannot be read: No such file or directory")
            case .emptyAuthority:
                tls.clientCA = "/dev/null"
                return ("/dev/null", "holds no certificate in PEM")
            }
        }

        private func write(_ text: String, to path: String) throws {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        }
    }

    @Test func `a file that cannot be used is named`() async throws {
        for fault in Fault.allCases {
            let certificates = try await TestCertificates()
            var tls = ListenerTLS([try await certificates.make("first"), try await certificates.make("second")])
            let expected = try fault.spoil(&tls, in: certificates.folder)
            var listener = ListenerSettings()
            listener.tls = tls

            let problems = EdgeServer.check([listener, listener], logger: Logger(label: "check"))

            let sentence = "\(expected.file): \(expected.reason)"
            #expect(problems.map(\.description) == [sentence, sentence])
        }
    }

    @Test func `what is unwise about files is logged`() async throws {
        let log = LogLines()
        let certificates = try await TestCertificates()
        let files = try await certificates.make("old", days: -1)
        chmod(files.key, 0o644)
        var listener = ListenerSettings()
        listener.tls = ListenerTLS([files])

        let problems = EdgeServer.check([listener], logger: log.logger)

        #expect(problems.isEmpty)
        #expect(
            log.lines == [
                "warning Others can read a private key. file=\(files.key)",
                "warning A certificate has expired. file=\(files.certificate)",
            ])
    }

    @Test func `new files are for new connections, and old connections go on`() async throws {
        let handler = ScriptedHandler()
        try await withTLS(handler) { running in
            let pipe = running.certificates.folder + "/more"
            #expect(mkfifo(pipe, 0o600) == 0)
            async let old = running.conversation(first: get("/before"), then: pipe)
            _ = handler.waitForRequests(1)

            _ = try await running.certificates.make("first", for: ["renewed.test"])
            try await running.edge.reload()
            let new = try await running.handshake()
            try Data(get("/after", "Connection: close\r\n").utf8).write(to: URL(fileURLWithPath: pipe))

            #expect(try await old.contains("/after"))
            #expect(try await running.names(in: new) == ["renewed.test"])
        }
    }

    @Test func `a broken new file leaves the old certificate, and is named`() async throws {
        try await withTLS(ScriptedHandler()) { running in
            let key = running.certificates.folder + "/first.key"
            try Data("broken".utf8).write(to: URL(fileURLWithPath: key))

            let error = await #expect(throws: CannotServe.self) { try await running.edge.reload() }

            #expect(try await running.curl("/still") == "/still")
            #expect(
                error?.problems.map(\.description) == [
                    "\(key): holds no private key in PEM that can be read without a password"
                ])
        }
    }
}
