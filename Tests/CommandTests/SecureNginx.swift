// nginx that speaks TLS with a certificate of an authority of its own, which nobody knows who was not told.

import Configuration
import Support

/// A server of one name of this machine.
struct SecureNginx {
    let certificates: TestCertificates
    let host: LoopbackHost
    let port: Int
    private let nginx: Nginx

    /// - Parameters:
    ///   - location: what stands in its `location /`.
    ///   - names: what its certificate is for; nil: its own name.
    static func start(_ location: String, certified names: [String]?, in folder: Folder) async throws -> SecureNginx {
        let certificates = try await TestCertificates()
        let host = LoopbackHost()
        let server = try await certificates.make("server", for: names ?? [host.name])
        let port = try host.freePort()
        let nginx = try await Nginx.start(
            """
            access_log off;
            server {
                listen \(host.name):\(port) ssl;
                ssl_certificate \(server.certificate); ssl_certificate_key \(server.key);
                location / { \(location) }
            }
            """, in: folder)
        return SecureNginx(certificates: certificates, host: host, port: port, nginx: nginx)
    }

    /// Without a path.
    var url: String { "https://\(host.name):\(port)" }

    func stop() async throws { try await nginx.stop() }
}
