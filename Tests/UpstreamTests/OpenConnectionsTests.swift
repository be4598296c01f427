// How many connections are open to an endpoint, and how many are in use.

import Configuration
import Pipeline
import StubUpstreams
import Support
import Testing

@testable import Upstream

struct OpenConnectionsTests {
    /// Idle ones and those in use, of all endpoints.
    private func counts(_ loop: FanOutLoop) -> [[Int]] {
        loop.openConnections.counts.map { [$0.idle, $0.inUse] }
    }

    @Test func `a connection is in use while a call is on it, then idle, and none when it was closed`() async throws {
        let gate = Gate(limit: .seconds(30))
        var held = Rule(service: .conversations, path: "/conversations/{id}", .hold(gate))
        held.calls = .first(1)
        var closing = Rule(service: .conversations, path: "/conversations/{id}", .close(.headers))
        closing.calls = .from(2)
        try await withUpstreams(held, closing) { upstreams in
            let client = upstreams.client(), call = try upstreams.call()
            let begun = task(on: upstreams.loop) { try await client.answer(call).status }
            try await gate.waitUntil(arrived: 1)
            let during = counts(upstreams.loop)
            await gate.open()
            _ = try await begun.value
            let after = counts(upstreams.loop)
            _ = try await client.answer(call)
            let again = counts(upstreams.loop)
            _ = await failure { _ = try await client.answer(call) }
            let closed = counts(upstreams.loop)

            #expect(during == [[0, 1]] && after == [[1, 0]] && again == [[1, 0]])
            #expect(closed == [[0, 0]])
            #expect(upstreams.loop.openConnections.counts.first?.upstream == "conversations")
            #expect(upstreams.loop.openConnections.counts.first?.address == upstreams.stubs.conversationsURL)
        }
    }

    @Test func `one that could not be opened, or was given up, is not counted`() async throws {
        let closed = try HeldPort(), silent = try HeldPort(listening: true)
        try await withUpstreams { upstreams in
            let refused = upstreams.client(to: [.url("http://127.0.0.1:\(closed.port)")])
            let given = upstreams.client(to: [.url("http://127.0.0.1:\(silent.port)")]) {
                $0.timeouts.attempt = .milliseconds(50)
            }

            _ = await failure { _ = try await refused.answer(try upstreams.call()) }
            _ = await failure { _ = try await given.answer(try upstreams.call()) }

            #expect(counts(upstreams.loop) == [[0, 0], [0, 0]])
        }
    }

    @Test func `an endpoint that no client has any more is forgotten when the next one comes`() {
        let all = OpenConnections()
        let kept = all.to("http://a", of: "one")
        _ = all.to("http://b", of: "one")
        let same = all.to("http://a", of: "one")
        let other = all.to("http://a", of: "two")
        other.opened()
        other.turned(isBusy: true)
        other.opened()

        #expect(kept === same)
        #expect(all.counts.map(\.upstream) == ["one", "two"])
        #expect(all.counts.map { [$0.idle, $0.inUse] } == [[0, 0], [1, 1]])
    }
}
