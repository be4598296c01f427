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
    @Test func `a greedy tenant and a slow CRM do not keep a modest tenant waiting`() async throws {
        // Tenant A's contact is slow, so that its requests fill whatever they can fill.
        let slow = Rule(
            service: .crm, path: "/contacts/{id}", id: Fixtures.active.contactID, .delay(.fixed(.milliseconds(600))))
        // Whoever's it is, no reply comes at once: an answer takes 80 ms, beside which it is little what a busy machine, with
        // clients and stubs on the same processors, adds to it. To wait for one slow call costs several times that.
        let usual = ["/conversations/{id}", "/contacts/{id}", "/accounts/{id}"].map {
            Rule(
                service: $0.hasPrefix("/conv") ? .conversations : .crm, path: $0, .delay(.fixed(.milliseconds(40))))
        }
        try await withGateway(
            script: Script(rules: [slow] + usual),
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
                // What else a machine does is not in every round. A tenant that keeps another waiting is.
                var rounds: [(alone: Duration, together: Duration)] = []
                while rounds.count < 3, rounds.last.map({ $0.together > $0.alone * 2 }) ?? true {
                    let alone = p99(try await times(of: 120, gateway))
                    let (together, greedy) = try await besideGreedyOne(gateway) { try await times(of: 120, gateway) }
                    rounds.append((alone, p99(together)))
                    // It was really greedy.
                    #expect(greedy > 72)
                }

                #expect(rounds.contains { $0.together <= $0.alone * 2 }, "\(rounds)")
            })
    }

    /// What `work` brings while tenant A asks for all that it can get, and how many answers that one had.
    private func besideGreedyOne(
        _ gateway: RunningGateway, _ work: () async throws -> [Duration]
    ) async throws -> ([Duration], Int) {
        let end = End()
        return try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<72 { group.addTask { try await Self.ask(gateway, until: end) } }
            defer { end.isHere.store(true, ordering: .relaxed) }
            // As much as there may be is under way: what counts is not how it begins, but how it stays.
            let isFull = await filled(gateway)
            try #require(isFull)
            let times = try await work()
            end.isHere.store(true, ordering: .relaxed)
            return (times, try await group.reduce(0, +))
        }
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

    /// How long tenant B's answers take, on four connections one after the other. All must be whole.
    private func times(of count: Int, _ gateway: RunningGateway) async throws -> [Duration] {
        try await withThrowingTaskGroup(of: [Duration].self) { group in
            for _ in 0..<4 { group.addTask { try await Self.times(of: count / 4, gateway) } }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    private static func times(of count: Int, _ gateway: RunningGateway) async throws -> [Duration] {
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
