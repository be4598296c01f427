// The downstream side: where clients come in, and what they may cost.

package struct ServerSettings: Sendable, Equatable {
    package var listen = [ListenerSettings()]
    /// Whose `Forwarded` and `X-Forwarded-*` are believed.
    package var trustedProxies: [Network] = []
    package var limits = LimitSettings()
    package var timeouts = ServerTimeouts()
    package var drain = DrainSettings()
    /// Whether the listeners answer `/readyz`, too.
    package var readyz = false
    package var cors = CORSSettings()
    package var serverTiming = true
    package var threads = ThreadSettings()

    package init() {}
}

package struct ListenerSettings: Sendable, Equatable {
    package var address = ListenAddress(host: "127.0.0.1", port: 8080)
    package var tls: ListenerTLS?
    package var proxyProtocol = false

    package init() {}
}

/// Paths are absolute: relative ones were taken relative to the configuration file.
package struct ListenerTLS: Sendable, Equatable {
    package struct Certificate: Sendable, Equatable {
        package var certificate: String
        package var key: String

        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    /// At least one. A client that asks for a name gets the first that is for it, every other client the first of all.
    package var certificates: [Certificate]
    package var clientCA: String?

    package init(_ certificates: [Certificate], clientCA: String? = nil) {
        self.certificates = certificates
        self.clientCA = clientCA
    }

    package init(certificate: String, key: String, clientCA: String? = nil) {
        self.init([Certificate(certificate: certificate, key: key)], clientCA: clientCA)
    }
}

/// Sizes in bytes.
package struct LimitSettings: Sendable, Equatable {
    package var connections = 10_000
    package var requestLine = 8 * 1024
    package var headers = 32 * 1024
    package var headerCount = 100
    package var body = 64 * 1024
    package var inFlight = 1024
    /// How far a loop may be behind for some time. Nil: as far as it likes.
    package var lag: Duration? = .milliseconds(250)
    package var streams = 100

    package init() {}
}

package struct ServerTimeouts: Sendable, Equatable {
    package var headers = Duration.seconds(10)
    package var tls = Duration.seconds(10)
    package var idle = Duration.seconds(75)
    package var write = Duration.seconds(30)
    package var connectionAge = Duration.seconds(600)

    package init() {}
}

package struct DrainSettings: Sendable, Equatable {
    package var notReady = Duration.seconds(10)
    package var finish = Duration.seconds(30)

    package init() {}
}

package struct CORSSettings: Sendable, Equatable {
    package var origins: [String] = []
    package var credentials = false
    package var maxAge = Duration.seconds(600)

    package init() {}
}

/// Nil: as many as suit the machine.
package struct ThreadSettings: Sendable, Equatable {
    package var edge: Int?
    package var fanOut: Int?

    package init() {}
}

package struct AdminSettings: Sendable, Equatable {
    package var address = ListenAddress(host: "127.0.0.1", port: 9901)

    package init() {}
}
