// One upstream: where it is, and how it is treated.

/// Sizes in bytes, shares from 0 to 1.
package struct UpstreamSettings: Sendable, Equatable {
    /// Endpoints of one upstream: no more than an `EndpointSet` holds, which a test compares.
    package static let mostEndpoints = 64

    /// `h2` is HTTP/2 by ALPN over TLS, `h2c` HTTP/2 by prior knowledge.
    package enum WireProtocol: String, Sendable, CaseIterable {
        case http1, h2, h2c
    }

    package var name: String
    package var endpoints: [Endpoint]
    package var wireProtocol = WireProtocol.http1
    /// Sent with each call, in the file's order.
    package var headers: [Header] = []
    package var tls: UpstreamTLS?
    package var timeouts = Timeouts()
    package var maxBody = 4 * 1024 * 1024
    package var connections = Connections()
    package var concurrency = Concurrency()
    package var retries = Retries()
    package var circuit = Circuit()
    package var ejection = Ejection()
    package var health: Health?
    package var hedge = Hedge.off
    package var coalesce = true

    package init(name: String, endpoints: [Endpoint]) {
        self.name = name
        self.endpoints = endpoints
    }

    package enum Endpoint: Sendable, Equatable {
        /// `http://host:port` or `https://host:port`, without a path.
        case url(String)
        /// A unix socket's absolute path.
        case unix(String)
    }

    package struct Header: Sendable, Equatable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package struct Timeouts: Sendable, Equatable {
        package var connect = Duration.milliseconds(500)
        package var attempt = Duration.milliseconds(1500)

        package init() {}
    }

    package struct Connections: Sendable, Equatable {
        package var perEndpoint = 256
        package var idle = Duration.seconds(15)
        package var age = Duration.seconds(300)

        package init() {}
    }

    package struct Concurrency: Sendable, Equatable {
        package var inFlight = 256
        package var queue = 64
        package var wait = Duration.milliseconds(50)
        /// Whether fewer than `inFlight` are made while they make the upstream slow.
        package var adaptive = false

        package init() {}

        package init(inFlight: Int, queue: Int) {
            self.inFlight = inFlight
            self.queue = queue
        }
    }

    package struct Retries: Sendable, Equatable {
        /// Tries after the first one.
        package var attempts = 1
        package var budget = 0.2
        package var minimum = 3
        package var backoffBase = Duration.milliseconds(25)
        package var backoffCap = Duration.milliseconds(250)

        package init() {}
    }

    package struct Circuit: Sendable, Equatable {
        package var window = Duration.seconds(10)
        package var calls = 20
        package var failures = 0.5
        package var open = Duration.seconds(5)
        package var openMax = Duration.seconds(60)
        package var probes = 3

        package init() {}
    }

    package struct Ejection: Sendable, Equatable {
        package var consecutive = 5
        package var time = Duration.seconds(30)
        package var most = 0.5

        package init() {}
    }

    package struct Health: Sendable, Equatable {
        package var path = "/healthz"
        package var every = Duration.seconds(5)
        package var unhealthyAfter = 3
        package var healthyAfter = 2

        package init() {}
    }

    package enum Hedge: Sendable, Equatable {
        case off
        /// When it has taken longer than 95 % of recent calls.
        case afterP95
        case after(Duration)
    }
}

/// Paths are absolute.
package struct UpstreamTLS: Sendable, Equatable {
    package var ca: String?
    package var certificate: String?
    package var key: String?

    package init(ca: String? = nil, certificate: String? = nil, key: String? = nil) {
        self.ca = ca
        self.certificate = certificate
        self.key = key
    }
}
