// Figures that move while there is something to do: what is under way, who waits, what is refused, who is left out.

import Configuration
import Foundation
import Gateway
import StubUpstreams
import Support
import Testing

@Suite(.timeLimit(.minutes(1))) struct LoadFigureTests {
    @Test func `requests, calls and connections under way are told, and who waits`() async throws {
        let contact = Gate(), messages = Gate()
        try await withGateway(
            script: .parts(["contact": [.hold(contact)], "messages": [.hold(messages)]]),
            settings: { settings in
                settings.tryOnce()
                settings.server.threads.fanOut = 1
                settings.change("conversations") { $0.concurrency.inFlight = 3 }
                settings.change("crm") {
                    $0.concurrency.inFlight = 1
                    $0.concurrency.wait = .seconds(20)
                }
            },
            { gateway in
                let quiet = try await figures(of: gateway)
                let first = try gateway.begin(Fixtures.active)
                try await messages.waitUntil(arrived: 1)
                // It does not begin before all of its first calls find a place.
                let second = try gateway.begin(Fixtures.active)
                let crm = #"{upstream="crm"}"#
                let busy = [
                    "gateway_requests_in_flight": 2.0, #"gateway_requests_waiting{loop="fan-out-0"}"#: 1,
                    "gateway_client_connections": 2, "gateway_upstream_calls_in_flight" + crm: 1,
                    "gateway_upstream_calls_waiting" + crm: 1,
                    #"gateway_upstream_calls_in_flight{upstream="conversations"}"#: 1,
                ]
                var seen: [String: Double] = [:]
                let isBusy = try await eventually {
                    seen = try await figures(of: gateway)
                    return busy.allSatisfy { seen[$0] == $1 }
                }
                await contact.open()
                await messages.open()
                let statuses = [try await first.reply().status, try await second.reply().status]
                first.close()
                second.close()
                let isOver = try await eventually {
                    let now = try await figures(of: gateway)
                    return busy.keys.allSatisfy { now[$0] == 0 }
                }
                let after = try await figures(of: gateway)

                #expect(busy.keys.allSatisfy { quiet[$0] == 0 })
                #expect(isBusy, "\(busy.keys.map { "\($0) \(seen[$0] ?? -1)" })")
                #expect(statuses == [200, 200])
                #expect(isOver)
                #expect(try #require(after["gateway_upstream_wait_seconds_count" + crm]) >= 1)
            })
    }

    @Test func `requests that are refused because the gateway is full are counted`() async throws {
        let gate = Gate()
        try await withGateway(
            script: .parts(["conversation": [.hold(gate)]]),
            settings: {
                $0.tryOnce()
                $0.server.limits.inFlight = 4
            },
            { gateway in
                var clients = try (0..<4).map { _ in try gateway.begin(Fixtures.active) }
                try await gate.waitUntil(arrived: 4)
                var refused = 0
                for _ in 0..<4 {
                    let client = try gateway.begin(Fixtures.active)
                    if try await client.reply().status == 503 { refused += 1 }
                    clients.append(client)
                }
                let all = try await figures(of: gateway)
                await gate.open()
                for client in clients.prefix(4) { #expect(try await client.reply().status == 200) }

                let shed = ["in_flight", "share"].compactMap { all["gateway_shed_total{reason=\"\($0)\"}"] }
                #expect(refused == 4)
                #expect(shed.reduce(0, +) == 4)
                let counted = all[#"gateway_requests_total{route="",status="503",failure="overloaded"}"#]
                #expect(counted == 4)
            })
    }

    @Test func `the limit of an upstream moves where it is to be found out`() async throws {
        try await withGateway(
            script: Script(rules: [Rule(.delay(.fixed(.milliseconds(10))))]),
            settings: { settings in
                settings.tryOnce()
                settings.change("crm") {
                    $0.concurrency.adaptive = true
                    $0.concurrency.wait = .seconds(20)
                }
            },
            { gateway in
                let (fixed, found) = (
                    #"gateway_upstream_limit{upstream="conversations"}"#, #"gateway_upstream_limit{upstream="crm"}"#
                )
                let before = try await figures(of: gateway)
                var after = before
                let hasMoved = try await eventually {
                    let clients = try (0..<50).map { _ in try gateway.begin(Fixtures.active) }
                    for client in clients {
                        _ = try await client.reply()
                        client.close()
                    }
                    after = try await figures(of: gateway)
                    return after[found] != before[found]
                }

                #expect(before[found] == 16)
                #expect(hasMoved)
                #expect(before[fixed] == 256 && after[fixed] == 256)
            })
    }

    // MARK: Endpoints

    @Test func `an endpoint that is ejected is told, and what was tried elsewhere`() async throws {
        let closed = try HeldPort()
        let lost = "http://127.0.0.1:\(closed.port)"
        try await withGateway(
            settings: { settings in
                settings.tryOnce()
                settings.routes[0].upstreamCalls = 100
                settings.change("crm") {
                    $0.retries.attempts = 1
                    $0.endpoints.append(.url(lost))
                    $0.ejection.consecutive = 1
                }
            },
            { gateway in
                let endpoint = "upstream=\"crm\",endpoint=\"\(lost)\""
                var all: [String: Double] = [:]
                let isEjected = try await eventually {
                    #expect(try await gateway.get(Fixtures.active).status == 200)
                    all = try await figures(of: gateway)
                    return all["gateway_endpoint_ejected{\(endpoint)}"] == 1
                }

                #expect(isEjected)
                #expect(all["gateway_endpoint_ejected{upstream=\"crm\",endpoint=\"\(gateway.stubs.crmURL)\"}"] == 0)
                #expect(all["gateway_endpoint_events_total{\(endpoint),event=\"ejected\"}"] == 1)
                let attempts = #"gateway_upstream_attempts_total{upstream="crm",cause="#
                #expect(try #require(all[attempts + #""elsewhere",result="success",status="200"}"#]) >= 1)
                #expect(try #require(all[attempts + #""first",result="connection_refused",status=""}"#]) >= 1)
            })
    }

    @Test func `an endpoint whose checks fail is told, and when they pass again`() async throws {
        try await withGateway(
            settings: { settings in
                settings.tryOnce()
                settings.change("crm") { $0.health = .ofUnknownContact }
            },
            { gateway in
                let endpoint = "upstream=\"crm\",endpoint=\"\(gateway.stubs.crmURL)\""
                func eventuallyHealthy(_ value: Double, _ event: String) async throws -> Bool {
                    try await eventually {
                        let all = try await figures(of: gateway)
                        return all["gateway_endpoint_healthy{\(endpoint)}"] == value
                            && all["gateway_endpoint_events_total{\(endpoint),event=\"\(event)\"}"] == 1
                    }
                }
                // It answers 404, as to any record that is not there.
                let isSick = try await eventuallyHealthy(0, "unhealthy")
                gateway.stubs.replace(
                    script: Script(rules: [Rule(path: "/contacts/{id}", id: Fixtures.unknown, .status(204))]))
                let isWell = try await eventuallyHealthy(1, "healthy")

                #expect(isSick)
                #expect(isWell)
            })
    }

    @Test func `the time to resolve a name is told`() async throws {
        try await withGateway(
            settings: { settings in
                settings.tryOnce()
                settings.change("crm") { crm in
                    crm.endpoints = crm.endpoints.map {
                        .url($0.description.replacing("127.0.0.1", with: "localhost"))
                    }
                }
            },
            { gateway in
                #expect(try await gateway.get(Fixtures.active).status == 200)
                let all = try await figures(of: gateway)

                let name = #"gateway_upstream_name_lookup_seconds_count{upstream="crm"}"#
                #expect(all[name] == all[#"gateway_upstream_connections_total{upstream="crm"}"#])
                #expect(try #require(all[name]) >= 1)
                let time = all[#"gateway_upstream_name_lookup_seconds_sum{upstream="crm"}"#]
                #expect(try #require(time) > 0)
            })
    }
}
