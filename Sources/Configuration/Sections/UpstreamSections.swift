// The file's `upstreams`: where calls go, and how each service is treated.

extension Section {
    func upstream(named name: String) -> UpstreamSettings? {
        var upstream = UpstreamSettings(name: name, endpoints: [])
        set(
            &upstream.endpoints, "endpoints", listOf: .endpoint, atLeastOne: true,
            "Where it listens. Of several the one with fewer calls in flight is taken, out of two drawn at random.")
        set(
            &upstream.wireProtocol, "protocol", .word,
            "`http1`, `h2` (HTTP/2 by ALPN over TLS) or `h2c` (HTTP/2 by prior knowledge).")
        upstream.headers = headers("Sent with each call, for example Authorization with a service's token.")
        upstream.tls = optional("tls", "For https endpoints.") { $0.upstreamTLS() }
        within("timeouts", "How long a call may take.") { $0.timeouts(&upstream.timeouts) }
        set(&upstream.maxBody, "maxBody", .size(1024...1 << 30), "A longer reply is a failure.")
        within("connections", "Connections that are kept.") { $0.connections(&upstream.connections) }
        within("concurrency", "Calls at once.") { $0.concurrency(&upstream.concurrency) }
        within("retries", "When a failed call is tried again.") { $0.retries(&upstream.retries) }
        within("circuit", "When calls are refused without trying.") { $0.circuit(&upstream.circuit) }
        within("ejection", "When an endpoint is left out.") { $0.ejection(&upstream.ejection) }
        upstream.health = optional("health", "Active checks. Absent: none.") { $0.health() }
        set(
            &upstream.hedge, "hedge", .hedge,
            "Whether a slow call is asked a second time, the first answer wins, and the other is cancelled.",
            orSection: { $0.hedge() })
        set(
            &upstream.coalesce, "coalesce", .flag,
            "Whether equal calls in flight, of one tenant with the same scopes and workspace, share one answer; and equal "
                + "requests, where it is on for all upstreams of their route.")

        if upstream.endpoints.count > UpstreamSettings.mostEndpoints {
            report(at: "endpoints", "`\(fullName("endpoints"))` holds more than \(UpstreamSettings.mostEndpoints)")
        }
        checkWire(upstream)
        return upstream
    }

    /// Endpoints, protocol and TLS must fit together.
    private func checkWire(_ upstream: UpstreamSettings) {
        let isAllTLS = upstream.endpoints.allSatisfy(\.isTLS), isAnyTLS = upstream.endpoints.contains(where: \.isTLS)
        if !isAllTLS, upstream.wireProtocol == .h2 {
            let isCapable = !isAnyTLS && reading.libcurl >= Self.firstForPriorKnowledge
            report(
                at: "protocol", "`h2` is chosen by ALPN over TLS and needs endpoints with https://",
                suggestion: isCapable ? "`h2c`" : nil)
        }
        if isAnyTLS, upstream.wireProtocol == .h2c {
            report(
                at: "protocol", "`h2c` is HTTP/2 without TLS and cannot be used with an endpoint with https://",
                suggestion: "`h2`")
        }
        if upstream.wireProtocol == .h2c, reading.libcurl < Self.firstForPriorKnowledge {
            report(
                at: "protocol",
                "`h2c` needs libcurl 8.0 or later, this is \(reading.libcurl): "
                    + "older ones fail on a connection's second call"
            )
        }
        if !isAnyTLS, !upstream.endpoints.isEmpty, upstream.tls != nil {
            report(at: "tls", "`\(fullName("tls"))` has no effect without an endpoint with https://")
        }
    }

    /// Before it, the second call over such a connection fails (curl pull request 10643).
    private static let firstForPriorKnowledge = LibcurlVersion(major: 8, minor: 0, patch: 0)

    /// - Parameter refused: further names that the gateway sends itself.
    func headers(_ meaning: String, butFor refused: Set<String> = []) -> [UpstreamSettings.Header] {
        let pairs = pairs("headers", .headerValue, hidden: true, meaning)
        var headers: [UpstreamSettings.Header] = []
        for (name, place, value) in pairs {
            if let refusal = HeaderRules.refusal(ofName: name, butFor: refused) {
                report(place, "`\(name)` \(refusal)")
            } else if let first = headers.first(where: { $0.name.lowercased() == name.lowercased() }) {
                report(place, "`\(name)` is the same header as `\(first.name)`")
            }
            headers.append(UpstreamSettings.Header(name: name, value: value.value))
        }
        return headers
    }

    private func upstreamTLS() -> UpstreamTLS {
        let file = Kind<String>.file(in: reading.folder)
        let ca = find("ca", file, "PEM: the authorities that are trusted. Absent: the system's.")
        let certificate = find("certificate", file, "PEM: the certificate the gateway shows.")
        let key = find("key", file, "PEM: its key.")
        if has("certificate") != has("key") {
            report(place, "`\(name)` needs `certificate` and `key` together")
        }
        return UpstreamTLS(ca: ca?.value, certificate: certificate?.value, key: key?.value)
    }

    private func timeouts(_ timeouts: inout UpstreamSettings.Timeouts) {
        let range = Duration.milliseconds(1)...Duration.seconds(600)
        set(&timeouts.connect, "connect", .duration(range), "Of one attempt, to connect, TLS included.")
        set(
            &timeouts.attempt, "attempt", .duration(range),
            "One attempt, connecting included. A route's deadline must have room for its longest chain of these.")
    }

    private func connections(_ connections: inout UpstreamSettings.Connections) {
        let range = Duration.seconds(1)...Duration.seconds(86_400)
        set(
            &connections.perEndpoint, "perEndpoint", .whole(1...100_000),
            "When all are busy a call waits in the queue of `concurrency`.")
        set(
            &connections.idle, "idle", .duration(range),
            "An idle one is closed after this time. Shorter than the upstream's own, or calls meet closed connections.")
        set(
            &connections.age, "age", .duration(range),
            "An older one is not used again, so that changed addresses are found.")
    }

    private func concurrency(_ concurrency: inout UpstreamSettings.Concurrency) {
        set(&concurrency.inFlight, "inFlight", .whole(1...1_000_000), "Calls at once.")
        set(&concurrency.queue, "queue", .whole(0...1_000_000), "Calls that may wait for a place.")
        set(&concurrency.wait, "wait", .duration(.zero...Duration.seconds(60)), "A call waits no longer than this.")
        set(
            &concurrency.adaptive, "adaptive", .flag,
            "Whether fewer than `inFlight` are made while the upstream answers more slowly the more it is asked.")
    }
}

extension UpstreamSettings.Endpoint {
    fileprivate var isTLS: Bool {
        if case .url(let url) = self { url.hasPrefix("https://") } else { false }
    }
}
