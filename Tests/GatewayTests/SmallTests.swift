// Server-Timing, settings without effect, how many threads there are, and numbers that two targets must agree on.

import Configuration
import Pipeline
import Testing

@testable import Gateway

struct ServerTimingTests {
    private let start = ContinuousClock.now

    private func part(_ name: String, _ duration: Duration) -> RequestRecord.Part {
        RequestRecord.Part(name: name, started: start, ended: start + duration, outcome: .fetched, attempts: 1)
    }

    @Test func `has an entry for each part and the total`() {
        let field = ServerTiming.field(
            [part("conversation", .microseconds(11_870)), part("contact", .milliseconds(2))],
            total: .microseconds(14_120))

        #expect(field == Response.Field("Server-Timing", "conversation;dur=11.8, contact;dur=2.0, total;dur=14.1"))
    }

    @Test(arguments: [
        (Duration.zero, "0.0"), (.microseconds(99), "0.0"), (.microseconds(100), "0.1"), (.seconds(61), "61000.0"),
        (.milliseconds(-5), "0.0"),
    ])
    func `times are milliseconds with one decimal, rounded down`(total: Duration, text: String) {
        #expect(ServerTiming.field([], total: total).value == "total;dur=\(text)")
    }
}

struct PendingSettingsTests {
    private func among(_ set: [String]) -> [String] {
        PendingSettings.among(set, pending: ["settings.later", "upstreams.later", "routes.parts.later"])
    }

    @Test(arguments: [
        "settings.later", "settings.later.more", "upstreams.crm.later", "routes[0].parts[3].later",
    ])
    func `are named wherever they stand`(name: String) {
        #expect(among([name]) == [name])
    }

    @Test(arguments: [
        "server", "server.listen", "server.listen[0]", "server.listen[0].address", "server.timeouts.tls",
        "server.cors.origins", "upstreams",
        "upstreams.crm", "upstreams.crm.concurrency", "upstreams.crm.connections.perEndpoint", "upstreams.crm.hedge",
        "upstreams.crm.timeouts.attempt", "upstreams.crm.hedge.after", "upstreams.crm.retries.attempts",
        "upstreams.crm.coalesce",
        "routes[0].name", "routes[0].upstreamCalls", "routes[0].parts[3].staleIfError", "auth",
        "auth.apiKeys", "auth.jwt", "auth.jwt[0].jwks", "rateLimit", "rateLimit.burst", "rateLimit.redis",
        "telemetry.traces", "telemetry.traces.sample", "telemetry.traces.otlp", "telemetry.accessLog", "",
        "admin.address",
    ])
    func `are nothing that has an effect`(name: String) {
        #expect(PendingSettings.among([name]) == [])
    }

    @Test func `keep the file's order`() {
        #expect(
            among(["upstreams.b.later", "admin", "upstreams.a.later"]) == ["upstreams.b.later", "upstreams.a.later"])
    }
}

struct ThreadsTests {
    @Test(arguments: [(1, 1, 1), (2, 1, 1), (3, 1, 1), (4, 1, 2), (8, 2, 4), (64, 16, 32), (0, 1, 1)])
    func `follow the machine's cores`(cores: Int, edge: Int, fanOut: Int) {
        let threads = Threads(ThreadSettings(), cores: cores)

        #expect(threads.edge == edge)
        #expect(threads.fanOut == fanOut)
    }

    @Test func `are what was configured`() {
        var settings = ThreadSettings()
        settings.edge = 3
        settings.fanOut = 5
        let threads = Threads(settings, cores: 64)

        #expect(threads.edge == 3)
        #expect(threads.fanOut == 5)
    }
}

@Test func `an upstream may have no more endpoints than a set of them holds`() {
    #expect(UpstreamSettings.mostEndpoints == EndpointSet.most)
}
