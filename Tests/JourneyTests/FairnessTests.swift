// A tenant that asks without end, and one that asks now and then: the second does not notice the first.

import Configuration
import Foundation
import Gateway
import StubUpstreams
import Support
import Synchronization
import Testing

private final class End: Sendable {
    let isHere = Atomic<Bool>(false)
}

@Suite(.timeLimit(.minutes(2))) struct FairnessTests {
    /// What a busy machine, with clients and stubs on the same processors, adds to any answer, whoever's it is. Twice this is half of
    /// what one wait for a slow call of the other tenant costs.
    private static let floor = Duration.milliseconds(100)

    @Test func `a greedy tenant and a slow CRM do not keep a modest tenant waiting`() async throws {
        // Tenant A's contact is slow, so that its requests fill whatever they can fill.
        let slow = Rule(
            service: .crm, path: "/contacts/{id}", id: Fixtures.active.contactID, .delay(.fixed(.milliseconds(400))))
        try await withGateway(
            script: Script(rules: [slow]),
            settings: { settings in
                settings.tryOnce()
                settings.server.limits.inFlight = 64
                for name in ["conversations", "crm"] {
                    settings.change(name) { upstream in
                        upstream.concurrency.inFlight = 16
                        upstream.concurrency.queue = 256
                        upstream.concurrency.wait = .seconds(15)
                        upstream.connections.perEndpoint = 16
                    }
                }
            },
            { gateway in
                let alone = try await times(of: 100, gateway)
                let end = End()
                let greedy = try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<72 { group.addTask { try await Self.ask(gateway, until: end) } }
                    // As much as there may be is under way: what counts is not how it begins, but how it stays.
                    let isFull = await filled(gateway)
                    try #require(isFull)
                    let together = try await times(of: 100, gateway)
                    end.isHere.store(true, ordering: .relaxed)
                    let most = max(p99(alone), Self.floor) * 2
                    #expect(p99(together) <= most, "alone \(p99(alone)), together \(p99(together))")
                    return try await group.reduce(0, +)
                }

                // It was really greedy.
                #expect(greedy > 72)
            })
    }

    /// Whether the gateway gets as many requests as it takes.
    private func filled(_ gateway: RunningGateway) async -> Bool {
        let end = ContinuousClock.now + .seconds(20)
        while await gateway.gateway.inventory.requests < 60 {
            guard ContinuousClock.now < end else { return false }
            await Task.yield()
        }
        return true
    }

    /// Asks one request after the other as tenant A; returns how many.
    private static func ask(_ gateway: RunningGateway, until end: End) async throws -> Int {
        let client = try Client(port: gateway.port)
        defer { client.close() }
        var count = 0
        while !end.isHere.load(ordering: .relaxed) {
            try client.send(gateway.request(RunningGateway.path(Fixtures.active)))
            let reply = try await client.reply()
            count += 1
            // Whoever is refused tries again soon, but not all the time: in a test, clients and gateway share the processor.
            if reply.status != 200 { try await Task.sleep(for: .milliseconds(200)) }
        }
        return count
    }

    /// How long tenant B's answers take, one after the other. All must be whole.
    private func times(of count: Int, _ gateway: RunningGateway) async throws -> [Duration] {
        let client = try Client(port: gateway.port)
        defer { client.close() }
        var times: [Duration] = []
        for _ in 0..<count {
            let start = ContinuousClock.now
            try client.send(
                gateway.request(RunningGateway.path(Fixtures.otherTenant), key: gateway.otherTenantsKey))
            let reply = try await client.reply()
            times.append(start.duration(to: .now))
            #expect(reply.status == 200, "\(reply["Proxy-Status"] ?? "") \(reply.text)")
        }
        return times
    }

    private func p99(_ times: [Duration]) -> Duration {
        times.sorted()[(times.count * 99 - 1) / 100]
    }
}
