// The file's `server` and `admin`: where clients and operators come in.

extension Section {
    func server(_ server: inout ServerSettings) {
        if let listeners = list("listen", "Where clients come in.", { $0.listener() }) {
            server.listen = listeners.map(\.settings)
            if isEmptyList("listen") {
                report(at: "listen", "`server.listen` is empty; without it the gateway listens on 127.0.0.1:8080")
            }
            // Port 0 is never the same twice.
            for (index, listener) in listeners.enumerated() where listener.settings.address.port != 0 {
                let earlier = listeners[..<index].first { $0.settings.address == listener.settings.address }
                guard let earlier else { continue }
                report(listener.place, "the listener of line \(earlier.place.line) has the same address")
            }
        }
        set(
            &server.trustedProxies, "trustedProxies", listOf: .network,
            "Networks whose `Forwarded` and `X-Forwarded-*` are believed. From others these headers are dropped.")
        within("limits", "What clients may cost at most.") { $0.limits(&server.limits) }
        within("timeouts", "How long clients may take.") { $0.timeouts(&server.timeouts) }
        within("drain", "How the gateway leaves.") { $0.drain(&server.drain) }
        set(
            &server.readyz, "readyz", .flag,
            "Whether these listeners answer GET /readyz, too, to everybody, for balancers that cannot ask elsewhere.")
        within("cors", "Which web pages may read answers.") { $0.cors(&server.cors) }
        set(&server.serverTiming, "serverTiming", .flag, "Whether answers tell how long each part took.")
        within("threads", "How many threads do the work.") { $0.threads(&server.threads) }
    }

    func admin(_ admin: inout AdminSettings) {
        set(
            &admin.address, "address", .address,
            "Where the operator's side listens: the page at /, /metrics, /livez, /readyz. Off loopback it needs a `token`."
        )
        admin.token = secret("token", .operatorToken, "What operators must present, as a bearer token or a password.")
    }

    /// A page that whoever reaches it may read is for this machine only.
    func checkAdmin(_ admin: AdminSettings) {
        guard !admin.address.isLoopback, admin.token == nil, !reading.isUnreadable("admin.token") else { return }
        report(
            at: "admin",
            "`admin.address` can be reached from elsewhere, so `admin.token` is needed",
            suggestion: "token: ${ADMIN_TOKEN}, made by `openssl rand -hex 24`")
    }

    private func listener() -> (settings: ListenerSettings, place: Place)? {
        var listener = ListenerSettings()
        let address = need(
            "address", .address, "An address and a port: HTTP/1.1, and HTTP/2 with prior knowledge. Port 0: any.")
        listener.tls = optional("tls", "TLS 1.2 and up; ALPN then chooses HTTP/2 or HTTP/1.1.") { $0.listenerTLS() }
        set(
            &listener.proxyProtocol, "proxyProtocol", .flag,
            "Whether a PROXY protocol header, version 1 or 2, is expected first on every connection.")
        guard let address else { return nil }
        listener.address = address.value
        return (listener, address.place)
    }

    private func listenerTLS() -> ListenerTLS? {
        let file = Kind<String>.file(in: reading.folder)
        let meaning = "PEM: the server's certificate and those between it and the root."
        let certificate = find("certificate", file, meaning)
        let key = find("key", file, "PEM: the certificate's key.")
        let several = list(
            "certificates", "Instead of `certificate` and `key`, several: the name a client asks for chooses."
        ) { section in
            let certificate = section.need("certificate", file, meaning)
            let key = section.need("key", file, "PEM: its key.")
            return certificate.flatMap { certificate in
                key.map { ListenerTLS.Certificate(certificate: certificate.value, key: $0.value) }
            }
        }
        let clientCA = find("clientCA", file, "PEM: clients must show a certificate issued by one of these.")?.value
        if let several {
            if has("certificate") || has("key") {
                report(at: "certificates", "`\(name)` has both `certificates` and a certificate or key of its own")
            }
            if isEmptyList("certificates") { report(at: "certificates", "`\(name).certificates` is empty") }
            return several.isEmpty ? nil : ListenerTLS(several, clientCA: clientCA)
        }
        require("certificate", expectation: file.expectation)
        require("key", expectation: file.expectation)
        guard let certificate, let key else { return nil }
        return ListenerTLS(certificate: certificate.value, key: key.value, clientCA: clientCA)
    }

    private func limits(_ limits: inout LimitSettings) {
        set(
            &limits.connections, "connections", .whole(1...1_000_000),
            "Connections at once. Beyond that the oldest idle one is closed; if there is none, 503.")
        set(&limits.requestLine, "requestLine", .size(256...1 << 20), "Longer request lines are 414.")
        set(&limits.headers, "headers", .size(1024...1 << 20), "More bytes of headers are 431.")
        set(&limits.headerCount, "headerCount", .whole(8...10_000), "More headers are 431.")
        set(
            &limits.body, "body", .size(0...1 << 30),
            "Longer request bodies are 413. A shorter one is read and thrown away.")
        set(&limits.inFlight, "inFlight", .whole(1...1_000_000), "More requests at once are 503.")
        set(
            &limits.lag, "lag", .word("off", or: .duration(.milliseconds(1)...Duration.seconds(5))),
            "Requests are 503 while each pass of a loop has taken longer than this, for four times as long. `off`: never."
        )
        set(&limits.streams, "streams", .whole(1...10_000), "HTTP/2 streams at once on one connection.")
    }

    private func timeouts(_ timeouts: inout ServerTimeouts) {
        let range = Duration.milliseconds(100)...Duration.seconds(3600)
        set(
            &timeouts.headers, "headers", .duration(range),
            "From a request's first byte to its last, body included: 408.")
        set(&timeouts.tls, "tls", .duration(range), "The TLS handshake.")
        set(&timeouts.idle, "idle", .duration(range), "A connection without a request is closed after this time.")
        set(
            &timeouts.write, "write", .duration(range),
            "In each such time a client must take 16 KiB of its answer, or the rest; else it is given up.")
        set(
            &timeouts.connectionAge, "connectionAge", .duration(.seconds(1)...Duration.seconds(86_400)),
            "A connection is closed after the answer that follows this age, so that clients spread over new gateways.")
    }

    private func drain(_ drain: inout DrainSettings) {
        let range = Duration.zero...Duration.seconds(3600)
        set(
            &drain.notReady, "notReady", .duration(range),
            "After SIGTERM /readyz says no for this time before connections are refused, so that balancers see it."
        )
        set(&drain.finish, "finish", .duration(range), "Then requests in flight have this time to end.")
    }

    private func cors(_ cors: inout CORSSettings) {
        set(
            &cors.origins, "origins", listOf: .origin,
            "Origins whose pages may read answers, compared byte for byte; there is no wildcard.")
        set(
            &cors.credentials, "credentials", .flag,
            "Whether such pages may send cookies and credentials the browser keeps.")
        set(
            &cors.maxAge, "maxAge", .duration(.zero...Duration.seconds(86_400)),
            "How long a browser may remember the answer to a preflight.")
    }

    private func threads(_ threads: inout ThreadSettings) {
        set(
            &threads.edge, "edge", .word("auto", or: .whole(1...256)),
            "Threads that read requests and write answers. `auto`: what suits the machine's cores.")
        set(
            &threads.fanOut, "fanOut", .word("auto", or: .whole(1...256)),
            "Threads that call upstreams. `auto`: what suits the cores.")
    }
}

extension Kind where Value == String {
    /// What a header can carry, and nobody guesses.
    fileprivate static var operatorToken: Kind {
        let shortest = AdminSettings.shortestToken
        return matching(
            "a secret of \(shortest) to 256 visible letters", pattern: #"^[\x21-\x7e]{\#(shortest),256}$"#
        ) { text in
            (shortest...256).contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
        }
    }
}
