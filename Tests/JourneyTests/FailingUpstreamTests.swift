// An upstream that fails, through the whole gateway: how often it is asked, and who else feels it.

import Configuration
import StubUpstreams
import Support
import Testing

@Suite struct FailingUpstreamTests {
    /// Times that no busy machine reaches, and no memory of failures, unless a test is about it.
    private static func patient(_ settings: inout Settings) {
        settings.tryOnce()
        for index in settings.upstreams.indices { settings.upstreams[index].retries.attempts = 1 }
    }

    // MARK: Retries

    @Test(arguments: [502, 503, 504])
    func `a passing failure is not seen by the client`(_ status: Int) async throws {
        let script = Script(rules: [Rule(path: "/conversations/{id}", calls: .first(1), .status(status))])
        try await withGateway(script: script, settings: Self.patient) { gateway in
            let reply = try await gateway.get(Fixtures.active)

            #expect(reply.status == 200)
            #expect(gateway.stubs.calls(to: "/conversations/{id}").count == 2)
            #expect(gateway.stubs.calls.count == 6)
        }
    }

    @Test(arguments: [Action.close(.headers), .reset(.headers)])
    func `neither is a connection that ends before the reply`(_ action: Action) async throws {
        let script = Script(rules: [Rule(path: "/contacts/{id}", calls: .first(1), action)])
        try await withGateway(script: script, settings: Self.patient) { gateway in
            let reply = try await gateway.get(Fixtures.active)

            #expect(reply.status == 200)
            #expect(gateway.stubs.calls(to: "/contacts/{id}").count == 2)
        }
    }

    @Test func `a kept connection that turns out to be dead is a retry like any other`() async throws {
        let script = Script(rules: [Rule(path: "/contacts/{id}", reused: true, .close(.headers))])
        for attempts in [0, 1] {
            try await withGateway(
                script: script,
                settings: { settings in
                    Self.patient(&settings)
                    settings.change("crm") { $0.retries.attempts = attempts }
                },
                { gateway in
                    _ = try await gateway.get(Fixtures.consumer)
                    let reply = try await gateway.get(Fixtures.consumer)

                    #expect(reply.status == (attempts == 0 ? 502 : 200))
                    #expect(gateway.stubs.calls(to: "/contacts/{id}").count == 2 + attempts)
                })
        }
    }

    @Test(arguments: [500, 501, 429, 400, 401, 302])
    func `what asking again does not mend is asked once`(_ status: Int) async throws {
        let script = Script(rules: [Rule(path: "/contacts/{id}", .status(status))])
        try await withGateway(script: script, settings: Self.patient) { gateway in
            let reply = try await gateway.get(Fixtures.active)

            #expect(reply.status >= 500)
            #expect(gateway.stubs.calls(to: "/contacts/{id}").count == 1)
        }
    }

    @Test func `what was sent and timed out is asked once`() async throws {
        let script = Script(rules: [Rule(path: "/contacts/{id}", .hang(after: nil))])
        try await withGateway(
            script: script,
            settings: { settings in
                Self.patient(&settings)
                settings.change("crm") { $0.timeouts.attempt = .milliseconds(200) }
            },
            { gateway in
                let reply = try await gateway.get(Fixtures.active)

                expectError(reply, status: 504)
                #expect(gateway.stubs.calls(to: "/contacts/{id}").count == 1)
            })
    }

    @Test func `a request costs no more calls than its route allows`() async throws {
        let script = Script(rules: [Rule(.status(503))])
        try await withGateway(
            script: script,
            settings: { settings in
                Self.patient(&settings)
                for index in settings.upstreams.indices {
                    settings.upstreams[index].retries.attempts = 10
                    settings.upstreams[index].retries.minimum = 1000
                }
                settings.routes[0].upstreamCalls = 7
            },
            { gateway in
                _ = try await gateway.get(Fixtures.active)

                #expect((1...7).contains(gateway.stubs.calls.count))
            })
    }

    @Test func `an upstream that always fails gets a fifth more calls, and the minimum`() async throws {
        let script = Script(rules: [Rule(service: .crm, .status(503))])
        try await withGateway(
            script: script,
            settings: { settings in
                Self.patient(&settings)
                for index in settings.upstreams.indices { settings.upstreams[index].retries.attempts = 5 }
                // Its failure decides nothing, so that no call is cancelled because of the other's.
                for part in ["contact", "account"] { settings.change(part: part) { $0.onFailure = .null } }
            },
            { gateway in
                for _ in 0..<60 { _ = try await gateway.get(Fixtures.active) }

                let calls = gateway.stubs.calls(to: "*", of: .crm).count
                #expect(calls > 120)
                #expect(calls <= 120 * 12 / 10 + 3)
            })
    }

    @Test func `a wish of the upstream is kept when there is time`() async throws {
        let script = Script(
            rules: [Rule(path: "/contacts/{id}", calls: .first(1), .status(503), .fields([.init("Retry-After", "1")]))])
        try await withGateway(script: script, settings: Self.patient) { gateway in
            let begun = ContinuousClock.now
            let reply = try await gateway.get(Fixtures.active)

            #expect(reply.status == 200)
            #expect(begun.duration(to: .now) >= .seconds(1))
        }
    }

    // MARK: Circuit

    @Test func `an upstream that fails altogether is left alone after a while, and asked again later`() async throws {
        let script = Script(rules: [Rule(service: .crm, .status(500))])
        try await withGateway(
            script: script,
            settings: { settings in
                settings.tryOnce()
                settings.change("crm") {
                    $0.circuit.calls = 10
                    $0.circuit.open = .seconds(2)
                    $0.circuit.probes = 1
                }
            },
            { gateway in
                let isOpen = try await eventually { try await gateway.get(Fixtures.active).status == 503 }
                let calls = gateway.stubs.calls(to: "*", of: .crm).count
                let reply = try await gateway.get(Fixtures.active)
                let isLeftAlone = gateway.stubs.calls(to: "*", of: .crm).count - calls
                gateway.stubs.replace(script: Script())
                let isBack = try await eventually { try await gateway.get(Fixtures.active).status == 200 }

                // Of each request's two calls one fails, which cancels the other; that does not count.
                #expect(isOpen)
                #expect((10...20).contains(calls))
                #expect(isLeftAlone == 0)
                expectError(reply, status: 503)
                #expect(isBack)
            })
    }

    @Test func `an open circuit is a 503 that says when to come again`() async throws {
        let script = Script(rules: [Rule(service: .crm, .status(500))])
        try await withGateway(
            script: script,
            settings: { settings in
                settings.tryOnce()
                settings.change("crm") {
                    $0.circuit.calls = 1
                    $0.circuit.open = .seconds(60)
                }
            },
            { gateway in
                _ = try await gateway.get(Fixtures.active)
                let reply = try await gateway.get(Fixtures.active)

                expectError(reply, status: 503, "An upstream service is busy, try again")
                #expect(reply["Proxy-Status"]?.contains("; error=destination_unavailable; next-hop=crm; ") == true)
                #expect((50...60).contains(reply["Retry-After"].flatMap { Int($0) } ?? 0))
                #expect(reply["Proxy-Status"]?.contains("too many of the last calls failed") == true)
            })
    }

    @Test func `a client in a hurry opens no circuit for others`() async throws {
        let script = Script(rules: [Rule(service: .crm, .delay(.fixed(.milliseconds(300))))])
        try await withGateway(
            script: script,
            settings: { settings in
                settings.tryOnce()
                settings.change("crm") { $0.circuit.calls = 1 }
            },
            { gateway in
                for _ in 0..<3 { _ = try await gateway.get(Fixtures.active, [("X-Request-Timeout-Ms", "100")]) }
                let reply = try await gateway.get(Fixtures.active)

                #expect(reply.status == 200)
            })
    }

    // MARK: Several endpoints

    @Test func `an endpoint on which nobody listens is nobody's problem`() async throws {
        let closed = try HeldPort()
        try await withGateway(
            settings: { settings in
                Self.patient(&settings)
                settings.routes[0].upstreamCalls = 100
                settings.change("crm") {
                    $0.endpoints.append(.url("http://127.0.0.1:\(closed.port)"))
                    // Trying elsewhere costs none of it.
                    $0.retries.minimum = 0
                    $0.retries.budget = 0
                    $0.ejection.consecutive = 5
                }
            },
            { gateway in
                for _ in 0..<20 {
                    let reply = try await gateway.get(Fixtures.active)
                    #expect(reply.status == 200)
                }
            })
    }

    @Test func `calls are spread over all endpoints`() async throws {
        let other = try await StubUpstreams.start()
        try await withGateway(
            settings: { settings in
                settings.tryOnce()
                settings.change("crm") { $0.endpoints.append(.url(other.crmURL)) }
            },
            { gateway in
                for _ in 0..<20 { _ = try await gateway.get(Fixtures.active) }

                let (here, there) = (gateway.stubs.calls(to: "*", of: .crm).count, other.calls.count)
                #expect(here + there == 40)
                #expect(here >= 8 && there >= 8)
            })
        try await other.stop()
    }

    // MARK: Checks

    @Test func `an endpoint that fails its checks is not asked, and asked again when it passes them`() async throws {
        let sick = try await StubUpstreams.start(script: Script(rules: [Rule(.status(500))]))
        try await withGateway(
            settings: { settings in
                settings.tryOnce()
                settings.change("crm") {
                    $0.endpoints.append(.url(sick.crmURL))
                    $0.health = .ofUnknownContact
                }
                settings.change("crm") { $0.ejection.most = 0 }
            },
            { gateway in
                // A 404 is no good answer either, so none is left.
                let hasNone = try await eventually {
                    try await gateway.get(Fixtures.active)["Proxy-Status"]?.contains("passes its health checks") == true
                }
                gateway.stubs.replace(
                    script: Script(rules: [Rule(path: "/contacts/{id}", id: Fixtures.unknown, .status(204))]))
                let isBack = try await eventually { try await gateway.get(Fixtures.active).status == 200 }
                for _ in 0..<5 {
                    let reply = try await gateway.get(Fixtures.active)
                    #expect(reply.status == 200)
                }

                #expect(hasNone)
                #expect(isBack)
                #expect(gateway.stubs.calls(to: "/contacts/{id}").contains { $0.value("X-Tenant-Id") == nil })
            })
        try await sick.stop()
    }
}
