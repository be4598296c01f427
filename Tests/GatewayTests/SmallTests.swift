// Server-Timing, how many threads there are, and numbers that two targets must agree on.

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
