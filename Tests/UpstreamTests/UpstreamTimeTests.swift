// Calls that take too long: what ends them, and what it is called.

import Configuration
import Pipeline
import StubUpstreams
import Testing
import Upstream

@Suite(.timeLimit(.minutes(1)))
struct UpstreamTimeTests {
    /// How a call ends whose reply does not come, over a connection that stands already: on a busy machine a new one could
    /// take longer than these short times.
    private func failure(
        hangingAfter bytes: Int?, attempt: Duration, within time: Duration = .seconds(30)
    ) async throws -> Failure? {
        try await withUpstreams(Rule(calls: .from(2), .hang(after: bytes))) { upstreams in
            let first = upstreams.client()
            _ = try await first.answer(upstreams.call())
            let client = upstreams.client { $0.timeouts.attempt = attempt }
            return await UpstreamTests.failure { _ = try await client.answer(upstreams.call(within: time)) }
        }
    }

    @Test func `an upstream that hangs is late after its attempt's time`() async throws {
        let failure = try await failure(hangingAfter: nil, attempt: .milliseconds(150))

        #expect(failure?.kind == .readTimeout)
        #expect(failure?.reason == "no answer within 150 ms")
    }

    @Test func `a reply that stays away in its middle is late as well`() async throws {
        #expect(try await failure(hangingAfter: 10, attempt: .milliseconds(150))?.kind == .readTimeout)
    }

    @Test func `the deadline ends what the attempt would have had time for`() async throws {
        let failure = try await failure(hangingAfter: nil, attempt: .seconds(20), within: .milliseconds(120))

        #expect(failure?.kind == .readTimeout)
        #expect(failure?.reason == "no answer within 120 ms")
    }

    @Test func `a flood of jobs from outside keeps the loop neither from its transfers nor from its alarms`()
        async throws
    {
        let (status, kind) = try await withUpstreams(Rule(calls: .from(2), .hang(after: nil))) { upstreams in
            let flood = Flood(on: upstreams.loop)
            for _ in 0..<4 { flood.go() }
            let status = try await upstreams.client().answer(upstreams.call()).status
            let hasty = upstreams.client { $0.timeouts.attempt = .milliseconds(50) }
            let failure = await UpstreamTests.failure { _ = try await hasty.answer(upstreams.call()) }
            flood.stop()
            return (status, failure?.kind)
        }

        #expect(status == 200)
        #expect(kind == .readTimeout || kind == .connectionTimeout)
    }

    @Test func `the connect timeout does not hold once connected`() async throws {
        let gate = Gate()
        let status = try await withUpstreams(Rule(.hold(gate))) { upstreams in
            let client = upstreams.client { $0.timeouts.connect = .milliseconds(500) }
            let call = task(on: upstreams.loop) { try await client.answer(upstreams.call()).status }
            try await gate.waitUntil(arrived: 1)
            await upstreams.loop.sleep(until: upstreams.loop.now + .milliseconds(600))
            await gate.open()
            return try await call.value
        }

        #expect(status == 200)
    }

    @Test func `nothing is asked when the deadline is over`() async throws {
        let (kind, calls) = try await withUpstreams { upstreams in
            let client = upstreams.client()
            let call = try upstreams.call(within: .zero)
            return (
                await UpstreamTests.failure { _ = try await client.answer(call) }?.kind, upstreams.stubs.calls.count
            )
        }

        #expect(kind == .readTimeout)
        #expect(calls == 0)
    }
}

/// Work that puts itself into the loop's inbox again and again.
private final class Flood: Sendable {
    private let loop: FanOutLoop
    private let stops = Count()

    init(on loop: FanOutLoop) { self.loop = loop }

    func go() {
        guard stops.value == 0 else { return }
        loop.submit { self.go() }
    }

    func stop() { stops.add() }
}
