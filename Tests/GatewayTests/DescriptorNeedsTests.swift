// How many files a gateway needs, and what is left to clients where it gets fewer.

import Configuration
import Testing

@testable import Gateway

struct DescriptorNeedsTests {
    private func needs(fanOut: Int = 1, clients: Int = 10_000) -> DescriptorNeeds {
        var settings = Settings()
        settings.server.limits.connections = clients
        settings.server.threads.edge = 1
        settings.server.threads.fanOut = fanOut
        var upstream = UpstreamSettings(name: "a", endpoints: [.url("http://127.0.0.1:1")])
        upstream.connections.perEndpoint = 100
        settings.upstreams = [upstream]
        return DescriptorNeeds(settings)
    }

    @Test func `each loop has pools of its own`() {
        let endpoints = needs().others - needs(fanOut: 1).others
        let perLoop = needs(fanOut: 3).others - needs(fanOut: 2).others

        #expect(endpoints == 0)
        #expect(perLoop == needs(fanOut: 2).others - needs(fanOut: 1).others)
        #expect(needs().all == 10_000 + needs().others)
    }

    @Test func `what was configured is kept where it fits`() {
        let needs = needs()

        #expect(needs.clients(within: needs.all) == 10_000)
        #expect(needs.clients(within: 1_000_000) == 10_000)
    }

    @Test func `clients get what the rest leaves, and a quarter at the least`() {
        let needs = needs()

        #expect(needs.clients(within: needs.all - 1) == 9_999)
        #expect(needs.clients(within: 4 * needs.others) == 3 * needs.others)
        #expect(needs.clients(within: 100) == 25)
        #expect(needs.clients(within: 0) == 1)
    }
}
