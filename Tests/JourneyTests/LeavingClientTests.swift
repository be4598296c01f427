// Clients that leave: section 7 of the contract. What nobody waits for any more is given up, and nothing is left of it.

import Configuration
import Gateway
import StubUpstreams
import Support
import Testing

@Suite struct LeavingClientTests {
    @Test func `gives the calls up at once when the client resets`() async throws {
        let held = Gate(limit: .seconds(60))
        try await withGateway(script: Script(rules: [Rule(.hold(held))])) { gateway in
            let client = try gateway.begin(Fixtures.active)
            try await held.waitUntil(arrived: 3)
            client.reset()
            let calls = try await gateway.stubs.waitForCalls(3, ended: .clientClosed, within: .seconds(2))

            #expect(calls.count == 3)
            #expect(await gateway.idle().isEmpty)
        }
    }

    @Test func `gives the CRM's calls up too`() async throws {
        let held = Gate(limit: .seconds(60))
        try await withGateway(script: .parts(["contact": [.hold(held)], "account": [.hold(held)]])) { gateway in
            let client = try gateway.begin(Fixtures.active)
            try await held.waitUntil(arrived: 2)
            client.reset()
            try await gateway.stubs.waitForCalls(2, of: .crm, ended: .clientClosed, within: .seconds(2))

            #expect(await gateway.idle().isEmpty)
        }
    }

    @Test func `gives the calls up of a client that closes and is not there for the answer`() async throws {
        let held = Gate(limit: .seconds(60))
        try await withGateway(script: Script(rules: [Rule(.hold(held))])) { gateway in
            let client = try gateway.begin(Fixtures.active)
            try await held.waitUntil(arrived: 3)
            client.close()
            try await gateway.stubs.waitForCalls(3, ended: .clientClosed, within: .seconds(2))

            #expect(await gateway.idle().isEmpty)
        }
    }

    @Test func `answers a client that has only ended its sending`() async throws {
        try await withGateway { gateway in
            _ = try await gateway.get(Fixtures.active)
            // The answer has to be ready within 100 ms, which a busy machine may miss now and then, but not each time.
            let delivered = try await eventually {
                let client = try gateway.begin(Fixtures.active)
                client.finish()
                let bytes = try await client.rest()
                return bytes.starts(with: "HTTP/1.1 200 OK\r\n".utf8)
            }

            #expect(delivered)
        }
    }

    @Test func `takes a client for gone that ended its sending, when the answer is late`() async throws {
        let held = Gate(limit: .seconds(60))
        try await withGateway(script: .parts(["messages": [.hold(held)]])) { gateway in
            let client = try gateway.begin(Fixtures.active)
            try await held.waitUntil(arrived: 1)
            client.finish()
            try await gateway.stubs.waitForCalls(1, ended: .clientClosed, within: .seconds(2))
            let bytes = try await client.rest()

            #expect(bytes.isEmpty)
            #expect(await gateway.idle().isEmpty)
        }
    }

    @Test func `does not cancel what other clients of the same conversation wait for`() async throws {
        let held = Gate(limit: .seconds(60))
        try await withGateway(
            script: .parts(["messages": [.hold(held)]]),
            settings: { settings in
                settings.tryOnce()
                for index in settings.upstreams.indices { settings.upstreams[index].coalesce = true }
            },
            { gateway in
                let leaving = try gateway.begin(Fixtures.active)
                try await held.waitUntil(arrived: 1)
                let staying = try gateway.begin(Fixtures.active)
                #expect(await eventually { await gateway.gateway.inventory.requests == 2 })
                leaving.reset()
                #expect(await eventually { await gateway.gateway.inventory.requests == 1 })
                await held.open()
                let reply = try await staying.reply()

                #expect(reply.status == 200)
            })
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `leaves nothing behind after many clients that left at random moments`(_ seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        let script = Script(seed: seed, rules: [Rule(probability: 0.7, .delay(.spread(.zero, .milliseconds(6))))])
        try await withGateway(script: script) { gateway in
            let ports = [gateway.port, gateway.stubs.conversationsAddress.port, gateway.stubs.crmAddress.port]
            let before = descriptors(at: gateway.port).count
            for _ in 0..<34 {
                var clients: [Client] = []
                for _ in 0..<10 {
                    let conversation = Fixtures.all.randomElement(using: &random) ?? Fixtures.active
                    let request = Array(gateway.request(RunningGateway.path(conversation)).utf8)
                    let client = try Client(port: gateway.port)
                    // Sometimes not even all of the request is sent.
                    let isCut = Int.random(in: 0..<10, using: &random) == 0
                    try client.send(
                        isCut ? Array(request.prefix(Int.random(in: 0..<request.count, using: &random))) : request)
                    clients.append(client)
                }
                for client in clients.shuffled(using: &random) {
                    for _ in 0..<Int.random(in: 0..<100, using: &random) { await Task.yield() }
                    if Bool.random(using: &random) { client.reset() } else { client.close() }
                }
            }
            let left = await gateway.idle()

            #expect(left.isEmpty, "\(left)")
            // The stub may still find connections in its queue that were opened and given up.
            #expect(await eventually { gateway.stubs.inProgress() == 0 })
            #expect(await eventually { descriptors(at: gateway.port).count == before })
            // Upstream connections are kept for later, and each has its other end in the stub.
            let isEven = await eventually {
                let open = ports.dropFirst().reduce(0) { $0 + descriptors(at: $1).count }
                return open == 2 * gateway.stubs.openConnections() + 2
            }
            #expect(isEven)
            let reply = try await gateway.get(Fixtures.active)
            #expect(reply.status == 200)
        }
    }
}
