// Many requests at once on a gateway that has no connection yet, and upstreams with as many calls as they may have.

import Configuration
import StubUpstreams
import Support
import Testing

@Suite struct BurstTests {
    /// Sends `count` requests, then reads all answers; by status.
    private func burst(of count: Int, on gateway: RunningGateway) async throws -> [Int: Int] {
        var clients: [Client] = []
        for number in 0..<count { clients.append(try gateway.begin(Fixtures.all[number % 4])) }
        var statuses: [Int: Int] = [:]
        for client in clients {
            let reply = try await client.reply()
            statuses[reply.status, default: 0] += 1
            if reply.status != 200 { Issue.record("\(reply.status) \(reply["Proxy-Status"] ?? "")") }
            client.close()
        }
        return statuses
    }

    /// The defaults of an upstream, but for the time that a busy machine may need for an answer.
    private func withDefaults(_ settings: inout Settings) {
        let usual = UpstreamSettings(name: "", endpoints: [])
        settings.tryOnce()
        for index in settings.upstreams.indices { settings.upstreams[index].timeouts.connect = usual.timeouts.connect }
        settings.routes[0].deadline = .seconds(60)
    }

    @Test(arguments: [Duration.zero, .milliseconds(50)])
    func `a burst on an empty pool is answered within the usual limits and the usual time to connect`(
        latency: Duration
    ) async throws {
        try await withGateway(
            script: Script(rules: latency == .zero ? [] : [Rule(.delay(.fixed(latency)))]), settings: withDefaults
        ) { gateway in
            let statuses = try await burst(of: 500, on: gateway)

            #expect(statuses == [200: 500])
            #expect(gateway.stubs.maxInProgress(of: .conversations) <= 256)
            #expect(gateway.stubs.maxInProgress(of: .crm) <= 256)
            #expect(await gateway.idle().isEmpty)
        }
    }

    @Test func `an upstream never gets more calls than its limit, and a burst waits for it`() async throws {
        try await withGateway(
            script: Script(rules: [Rule(.delay(.fixed(.milliseconds(2))))]),
            settings: { settings in
                withDefaults(&settings)
                settings.change("conversations") { $0.concurrency.inFlight = 7 }
                settings.change("crm") { $0.connections.perEndpoint = 20 }
            }
        ) { gateway in
            let statuses = try await burst(of: 100, on: gateway)

            #expect(statuses == [200: 100])
            #expect(gateway.stubs.maxInProgress(of: .conversations) <= 7)
            #expect(gateway.stubs.maxInProgress(of: .crm) <= 20)
        }
    }

    @Test func `what finds no place is refused, and the upstream is asked again once there is one`() async throws {
        let held = Gate()
        try await withGateway(
            script: .parts(["contact": [.hold(held)], "account": [.hold(held)]]),
            settings: { settings in
                settings.tryOnce()
                settings.change("crm") { $0.concurrency = UpstreamSettings.Concurrency(inFlight: 4, queue: 0) }
            }
        ) { gateway in
            let clients = [try gateway.begin(Fixtures.active), try gateway.begin(Fixtures.active)]
            try await held.waitUntil(arrived: 4)
            let refused = try await gateway.get(Fixtures.active)
            await held.open()
            for client in clients {
                #expect(try await client.reply().status == 200)
                client.close()
            }
            let later = try await gateway.get(Fixtures.active)

            expectError(refused, status: 503, "An upstream service is busy, try again")
            #expect(refused["Retry-After"] == "1")
            #expect(
                refused["Proxy-Status"]?.hasPrefix(
                    "conversation-gateway; error=connection_limit_reached; next-hop=crm; details=\"") == true)
            #expect(later.status == 200)
            #expect(await gateway.idle().isEmpty)
        }
    }
}
