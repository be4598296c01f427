// How many calls one of several endpoints gets at once.

import Configuration
import Pipeline
import StubUpstreams
import Testing

@testable import Upstream

@Suite(.timeLimit(.minutes(1)))
struct EndpointPlacesTests {
    @Test func `the preferred endpoint is taken while it has room, then the next that has`() {
        let places = EndpointPlaces(endpoints: 3, most: 2)

        let taken = (0..<6).map { _ in places.take(1) }

        #expect(taken == [1, 1, 2, 2, 0, 0])
    }

    @Test func `a place that was given back is there again`() {
        let places = EndpointPlaces(endpoints: 2, most: 1)
        _ = places.take(0)
        _ = places.take(0)

        places.giveBack(0)

        #expect(places.take(1) == 0)
    }

    @Test func `no endpoint gets more calls than it may have`() async throws {
        let gate = Gate()
        let second = try await StubUpstreams.start(script: Script(rules: [Rule(.hold(gate))]))
        let most = try await withUpstreams(Rule(.hold(gate))) { upstreams in
            var settings = UpstreamSettings(
                name: "conversations",
                endpoints: [.url(upstreams.stubs.conversationsURL), .url(second.conversationsURL)])
            settings.timeouts.connect = .seconds(20)
            settings.timeouts.attempt = .seconds(20)
            let client = UpstreamClient(
                settings, on: upstreams.loop, userAgent: "test", places: EndpointPlaces(endpoints: 2, most: 8))
            let calls = try (0..<16).map { _ in
                let call = try upstreams.call()
                return task(on: upstreams.loop) { try await client.answer(call).status }
            }
            try await gate.waitUntil(arrived: 16)
            let most = [upstreams.stubs.inProgress(), second.inProgress()]
            await gate.open()
            for call in calls { #expect(try await call.value == 200) }
            return most
        }
        try await second.stop()

        #expect(most == [8, 8])
    }
}
