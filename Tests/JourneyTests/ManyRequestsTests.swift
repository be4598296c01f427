// Many requests at once, more than there may be, and the end of the day.

import Configuration
import StubUpstreams
import Support
import Testing

@Suite struct ManyRequestsTests {
    @Test func `answers each of many requests at once with its own answer`() async throws {
        try await withGateway(
            script: Script(seed: 7, rules: [Rule(probability: 0.5, .delay(.spread(.zero, .milliseconds(5))))]),
            settings: { settings in
                settings.tryOnce()
            },
            { gateway in
                var expected: [String: HTTPReply] = [:]
                for fixture in Fixtures.all { expected[fixture.id] = try await gateway.get(fixture) }

                var clients: [(String, Client)] = []
                for number in 0..<500 {
                    let fixture = Fixtures.all[number % Fixtures.all.count]
                    clients.append((fixture.id, try gateway.begin(fixture)))
                }
                for (id, client) in clients {
                    let reply = try await client.reply()
                    let isRight = reply.status == expected[id]?.status && reply.body == expected[id]?.body
                    #expect(isRight, "\(id): \(reply.status) \(reply["Proxy-Status"] ?? "")")
                    client.close()
                }
                #expect(await gateway.idle().isEmpty)
            })
    }

    @Test func `answers pipelined requests in their order`() async throws {
        try await withGateway { gateway in
            let paths = [Fixtures.active, Fixtures.new, Fixtures.resolved].map(RunningGateway.path)
            let client = try Client(port: gateway.port)
            try client.send(paths.map { gateway.request($0) }.joined())

            for path in paths {
                let reply = try await client.reply()
                #expect(reply.status == 200)
                #expect(reply.object?["id"] as? String == path.split(separator: "/").last.map(String.init))
            }
        }
    }

    @Test func `refuses what is more than it takes, and takes more once there is room`() async throws {
        let held = Gate()
        try await withGateway(
            script: .parts(["conversation": [.hold(held)]]),
            settings: { settings in
                settings.tryOnce()
                settings.server.limits.inFlight = 2
            },
            { gateway in
                let clients = [try gateway.begin(Fixtures.active), try gateway.begin(Fixtures.resolved)]
                try await held.waitUntil(arrived: 2)
                let refused = try await gateway.get(Fixtures.active)
                await held.open()
                for client in clients { #expect(try await client.reply().status == 200) }
                let later = try await gateway.get(Fixtures.active)

                expectError(refused, status: 503)
                #expect(refused["Retry-After"] == "1")
                #expect(
                    refused["Proxy-Status"]?.hasPrefix("conversation-gateway; error=proxy_internal_response") == true)
                #expect(later.status == 200)
            })
    }

    @Test func `answers what runs when it is told to stop, and takes nothing more`() async throws {
        let held = Gate()
        let gateway = try await RunningGateway.start(
            script: .parts(["conversation": [.hold(held)]]),
            settings: { settings in
                settings.tryOnce()
            })
        let idle = try Client(port: gateway.port)
        let clients = try (0..<5).map { _ in try gateway.begin(Fixtures.active) }
        try await held.waitUntil(arrived: 5)

        async let stopped: Void = gateway.stop()
        let port = gateway.port
        let refusesMore = await eventually {
            do {
                _ = try Client(port: port)
                return false
            } catch {
                return true
            }
        }
        let idleEnd = try await idle.rest()
        await held.open()
        let replies = try await clients.asyncMap { try await $0.reply() }
        try await stopped

        #expect(refusesMore)
        #expect(idleEnd.isEmpty)
        #expect(replies.map(\.status) == [200, 200, 200, 200, 200])
        #expect(replies.allSatisfy { $0["Connection"] == "close" })
        clients.forEach { $0.close() }
        idle.close()
        #expect(descriptors(at: port).isEmpty)
    }
}

extension Sequence {
    fileprivate func asyncMap<Result>(_ transform: (Element) async throws -> Result) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
