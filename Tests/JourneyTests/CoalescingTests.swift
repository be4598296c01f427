// Equal requests and equal calls in flight: one answer for all, and each as if it had asked alone.

import Configuration
import Gateway
import StubUpstreams
import Support
import Testing

@Suite struct CoalescingTests {
    private static func shared(_ settings: inout Settings) {
        settings.tryOnce()
        for index in settings.upstreams.indices { settings.upstreams[index].coalesce = true }
    }

    /// Runs `body` while messages are held back by `gate`.
    private func withHeldMessages(
        settings: (inout Settings) -> Void = Self.shared, others: [Rule] = [],
        _ body: (RunningGateway, Gate) async throws -> Void
    ) async throws {
        let gate = Gate(limit: .seconds(60))
        let script = Script(rules: [Part.named("messages").rule([.hold(gate)])] + others)
        try await withGateway(script: script, settings: settings) { try await body($0, gate) }
    }

    /// Sends the same once more for each of `fields`, when a first one is on its way upstream.
    private func begin(
        _ fields: [[(String, String)]], _ gateway: RunningGateway, _ gate: Gate, method: String = "GET"
    ) async throws -> [Client] {
        let first = try gateway.begin(Fixtures.active, [("X-Request-Id", "first")])
        try await gate.waitUntil(arrived: 1)
        let others = try fields.map { try gateway.begin(RunningGateway.path(Fixtures.active), method: method, $0) }
        #expect(await eventually { await gateway.gateway.inventory.requests == 1 + fields.count })
        return [first] + others
    }

    @Test func `equal requests in flight cost the upstreams one`() async throws {
        try await withHeldMessages { gateway, gate in
            let clients = try await begin((0..<50).map { [("X-Request-Id", "\($0)")] }, gateway, gate)
            await gate.open()
            var replies: [HTTPReply] = []
            for client in clients { replies.append(try await client.reply()) }

            #expect(Set(replies.map(\.status)) == [200])
            #expect(Set(replies.map(\.text)).count == 1)
            #expect(Set(replies.map { $0["ETag"] }).count == 1)
            #expect(replies.map { $0["X-Request-Id"] } == ["first"] + (0..<50).map { "\($0)" })
            #expect(Set(gateway.stubs.calls.map { $0.value("X-Request-Id") }) == ["first"])
            #expect(gateway.stubs.calls.count == 5)
            let alone = try await gateway.get(Fixtures.active)
            #expect(alone.text == replies[0].text)
            #expect(alone["ETag"] == replies[0]["ETag"])
        }
    }

    @Test func `each has its own word about what it has already`() async throws {
        try await withGateway(settings: Self.shared) { gateway in
            let tag = try #require(try await gateway.get(Fixtures.active)["ETag"])
            let gate = Gate(limit: .seconds(60))
            gateway.stubs.replace(script: Script(rules: [Part.named("messages").rule([.hold(gate)])]))
            let clients = try await begin(
                [[("If-None-Match", tag)], [("If-None-Match", "\"other\"")]], gateway, gate)
            await gate.open()
            let first = try await clients[0].reply()
            let known = try await clients[1].reply()
            let other = try await clients[2].reply()

            let statuses = [first, known, other].map(\.status)
            #expect(statuses == [200, 304, 200])
            #expect(known.body == [])
            #expect(known["ETag"] == tag)
            #expect(first["ETag"] == tag)
            #expect(other.text == first.text)
        }
    }

    @Test func `HEAD and GET share`() async throws {
        try await withHeldMessages { gateway, gate in
            let clients = try await begin([[]], gateway, gate, method: "HEAD")
            await gate.open()
            let get = try await clients[0].reply()
            let head = try await clients[1].reply(toHead: true)

            #expect(head.status == 200)
            #expect(head["Content-Length"] == get["Content-Length"])
            #expect(head["ETag"] == get["ETag"])
            #expect(gateway.stubs.calls.count == 5)
        }
    }

    @Test func `another tenant, and another workspace's key, never share`() async throws {
        try await withHeldMessages { gateway, gate in
            let path = RunningGateway.path(Fixtures.active)
            let clients = try [gateway.key, gateway.workspaceKey, gateway.otherTenantsKey].map {
                try gateway.begin(path, key: $0)
            }
            try await gate.waitUntil(arrived: 2)
            await gate.open()
            var statuses: [Int] = []
            for client in clients { statuses.append(try await client.reply().status) }
            let refused = try await gateway.get(Fixtures.active, key: gateway.scopelessKey)

            #expect(statuses == [200, 200, 404])
            #expect(refused.status == 403)
            let roots = gateway.stubs.calls.filter { $0.path == "/conversations/\(Fixtures.active.id)" }
            #expect(Set(roots.map { $0.value("X-Tenant-Id") }) == [Fixtures.tenantA, Fixtures.tenantB])
            #expect(roots.count == 3)
        }
    }

    @Test func `the one who began it may leave`() async throws {
        try await withHeldMessages { gateway, gate in
            let clients = try await begin([[], []], gateway, gate)
            clients[0].reset()
            #expect(await eventually { await gateway.gateway.inventory.requests == 2 })
            await gate.open()

            #expect(try await clients[1].reply().status == 200)
            #expect(try await clients[2].reply().status == 200)
            #expect(gateway.stubs.calls.count == 5)
            // Nobody else tells of its calls, whenever they ended.
            let all = try await figures(of: gateway)
            let attempts = all.filter { $0.key.hasPrefix("gateway_upstream_attempts_total{") }.values.reduce(0, +)
            let parts = all.filter { $0.key.hasPrefix("gateway_parts_total{") }.values.reduce(0, +)
            #expect(attempts == 5 && parts == 5)
        }
    }

    @Test func `when all have left the calls are given up at once`() async throws {
        try await withHeldMessages { gateway, gate in
            let clients = try await begin([[], []], gateway, gate)
            for client in clients { client.reset() }
            try await gateway.stubs.waitForCalls(1, ended: .clientClosed, within: .seconds(2))

            #expect(await gateway.idle().isEmpty)
            await gate.open()
            #expect(try await gateway.get(Fixtures.active).status == 200)
        }
    }

    @Test func `one with less time gives up alone`() async throws {
        try await withHeldMessages { gateway, gate in
            let clients = try await begin([[("X-Request-Timeout-Ms", "100")]], gateway, gate)
            let late = try await clients[1].reply()
            await gate.open()
            let first = try await clients[0].reply()

            expectError(late, status: 504, "An upstream service did not answer in time")
            #expect(late["Proxy-Status"] == "conversation-gateway; error=connection_read_timeout")
            #expect(first.status == 200)
            #expect(gateway.stubs.calls.count == 5)
        }
    }

    @Test func `one with less time than the route's begins nothing that others share`() async throws {
        try await withHeldMessages { gateway, gate in
            let short = try gateway.begin(Fixtures.active, [("X-Request-Timeout-Ms", "9000")])
            try await gate.waitUntil(arrived: 1)
            let long = try gateway.begin(Fixtures.active)
            try await gate.waitUntil(arrived: 2)
            await gate.open()

            #expect(try await short.reply().status == 200)
            #expect(try await long.reply().status == 200)
        }
    }

    @Test func `a failure is everybody's, and is not asked for again`() async throws {
        let gate = Gate(limit: .seconds(60))
        let script = Script.parts(["conversation": [.hold(gate)], "contact": [.status(500)]])
        try await withGateway(script: script, settings: Self.shared) { gateway in
            let clients = try await begin([[("X-Request-Id", "second")], []], gateway, gate)
            await gate.open()
            for client in clients {
                let reply = try await client.reply()
                expectError(reply, status: 502)
                #expect(reply["Proxy-Status"]?.contains("received-status=500; next-hop=crm") == true)
            }
            #expect(gateway.stubs.calls(to: "/contacts/{id}").count == 1)
        }
    }

    @Test func `a part that is missing is missing for all`() async throws {
        let failing = Part.named("contact").rule([.status(500)])
        let settings: (inout Settings) -> Void = { settings in
            Self.shared(&settings)
            settings.change(part: "contact") { $0.onFailure = .null }
        }
        try await withHeldMessages(settings: settings, others: [failing]) { gateway, gate in
            let clients = try await begin([[], [("If-None-Match", "*")]], gateway, gate)
            await gate.open()
            for client in clients {
                let reply = try await client.reply()
                #expect(reply.status == 200)
                #expect(reply["Cache-Control"] == "no-store")
                #expect(reply["Gateway-Parts"]?.contains("contact;missing=error") == true)
            }
        }
    }

    @Test func `an unknown record is the same 404 for all`() async throws {
        let gate = Gate(limit: .seconds(60))
        let script = Script.parts(["conversation": [.hold(gate)]])
        try await withGateway(script: script, settings: Self.shared) { gateway in
            let path = "/api/conversations/\(Fixtures.unknown)"
            let first = try gateway.begin(path)
            try await gate.waitUntil(arrived: 1)
            let second = try gateway.begin(path)
            #expect(await eventually { await gateway.gateway.inventory.requests == 2 })
            await gate.open()
            let replies = [try await first.reply(), try await second.reply()]

            for reply in replies {
                expectError(reply, status: 404, "Conversation not found")
                #expect(!reply.has("Server-Timing"))
            }
            #expect(gateway.stubs.calls(to: "/conversations/{id}").count == 1)
        }
    }

    @Test func `equal calls of different requests are one exchange`() async throws {
        let gate = Gate(limit: .seconds(60))
        let script = Script.parts(["account": [.hold(gate)]])
        try await withGateway(script: script, settings: Self.shared) { gateway in
            let clients = try [Fixtures.active, Fixtures.humanManaged, Fixtures.long].map { try gateway.begin($0) }
            // All have asked for all else.
            try await gateway.stubs.waitForCalls(12, ended: .answered, within: .seconds(10))
            #expect(await eventually { gateway.stubs.calls.count == 13 })
            await gate.open()
            for client in clients { #expect(try await client.reply().status == 200) }

            #expect(gateway.stubs.calls(to: "/accounts/{id}").count == 1)
        }
    }

    @Test func `nothing is shared where one of the route's upstreams says so`() async throws {
        let settings: (inout Settings) -> Void = { settings in
            Self.shared(&settings)
            settings.change("crm") { $0.coalesce = false }
        }
        try await withHeldMessages(settings: settings) { gateway, gate in
            let clients = try await begin([[]], gateway, gate)
            await gate.open()
            for client in clients { #expect(try await client.reply().status == 200) }

            // Calls to the other are.
            #expect(gateway.stubs.calls(to: "/conversations/{id}/messages").count == 1)
            #expect(gateway.stubs.calls(to: "/contacts/{id}").count == 2)
        }
    }
}
