// Everything an operator can set, with the defaults that hold where the file is silent.

/// The whole configuration.
package struct Settings: Sendable, Equatable {
    package var server = ServerSettings()
    package var admin = AdminSettings()
    package var auth = AuthSettings()
    package var rateLimit = RateLimitSettings()
    package var upstreams: [UpstreamSettings] = []
    package var routes: [RouteSettings] = []
    package var contract = ContractSettings()
    package var telemetry = TelemetrySettings()

    package init() {}
}

/// An address to listen on. Port 0: any free one.
package struct ListenAddress: Sendable, Equatable {
    package var host: String
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Whether only this machine can reach it.
    package var isLoopback: Bool {
        // A name may begin with 127 too (127.example.com), and be anywhere.
        host == "localhost" || host == "::1" || host.hasPrefix("127.") && !host.contains(where: \.isLetter)
    }

    /// Where a browser on this machine finds it: a listener on all addresses has none of its own.
    package var url: String {
        switch host {
        case "0.0.0.0": "http://127.0.0.1:\(port)/"
        case "::": "http://[::1]:\(port)/"
        default: "http://\(self)/"
        }
    }
}
