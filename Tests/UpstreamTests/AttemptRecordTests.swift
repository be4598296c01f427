// What a request's record gets to know of attempts on the wire.

import Configuration
import Pipeline
import StubUpstreams
import Testing
import Upstream

@Suite(.timeLimit(.minutes(1)))
struct AttemptRecordTests {
    /// The attempts of so many calls, one after the other, of one request.
    private func attempts(
        _ rule: Rule? = nil, calls: Int = 1, attempt: Duration = .seconds(20),
        to endpoints: [UpstreamSettings.Endpoint]? = nil
    ) async throws -> [RequestRecord.Attempt] {
        try await withUpstreams(rule ?? Rule()) { upstreams in
            let client = upstreams.client(to: endpoints) { $0.timeouts.attempt = attempt }
            let record = Confined(try upstreams.record())
            for number in 0..<calls {
                _ = await failure { _ = try await client.answer(upstreams.call(of: record, place: number)) }
            }
            return record.value.attempts
        }
    }

    @Test func `the first call opens a connection, the next one uses it`() async throws {
        let attempts = try await attempts(calls: 2)

        try #require(attempts.count == 2)
        let (first, second) = (attempts[0], attempts[1])
        #expect(first.wire.isNewConnection && !second.wire.isNewConnection)
        #expect(first.wire.connected > 0 && first.wire.connected >= first.wire.resolved)
        #expect(first.wire.ready >= first.wire.connected)
        #expect(second.wire.connected == 0 && second.wire.resolved == 0)
        #expect(first.wire.localPort > 0 && first.wire.localPort == second.wire.localPort)
    }

    @Test func `a reply's times are in order, and its status and size are known`() async throws {
        let delay = Action.delay(.fixed(.milliseconds(20)))
        let attempt = try #require(try await attempts(Rule(delay), calls: 1).first)

        let begun = try #require(attempt.begun)
        #expect(attempt.part == 0 && attempt.number == 1 && attempt.cause == .first && attempt.circuit == .closed)
        #expect(attempt.asked <= begun && attempt.queued == begun - attempt.asked)
        #expect(attempt.wire.firstByte >= 20_000)
        #expect(attempt.ended - begun >= attempt.wire.firstByte)
        #expect(attempt.status == 200 && attempt.failure == nil && attempt.endpoint == 0)
        #expect(attempt.wire.bytes > 100)
    }

    @Test func `each call is its own part's`() async throws {
        #expect(try await attempts(calls: 3).map(\.part) == [0, 1, 2])
    }

    @Test func `a status that is a failure is told with its kind`() async throws {
        let attempt = try #require(try await attempts(Rule(.status(503))).first)

        #expect(attempt.status == 503)
        #expect(attempt.failure == .serverError)
        #expect(attempt.wire.firstByte > 0)
    }

    @Test func `nobody listens: it was begun, and came to nothing`() async throws {
        let attempt = try #require(try await attempts(to: [.url("http://127.0.0.1:1")]).first)

        #expect(attempt.failure == .connectionRefused)
        #expect(attempt.begun != nil && attempt.status == 0)
        #expect(attempt.wire.connected == 0 && attempt.wire.firstByte == 0)
    }

    @Test func `a late reply has no first byte, though the connection's last one had`() async throws {
        let hang = Rule(calls: .from(2), .hang(after: nil))
        let attempts = try await attempts(hang, calls: 2, attempt: .milliseconds(150))

        try #require(attempts.count == 2)
        #expect(attempts[0].failure == nil && attempts[0].wire.firstByte > 0)
        #expect(attempts[1].failure == .readTimeout)
        #expect(attempts[1].wire.firstByte == 0 && attempts[1].status == 0)
        #expect(attempts[1].ended - (attempts[1].begun ?? 0) >= 100_000)
    }

    @Test func `a cancelled call is noted, too`() async throws {
        let gate = Gate()
        let attempts = try await withUpstreams(Rule(.hold(gate))) { upstreams in
            let client = upstreams.client()
            let record = Confined(try upstreams.record())
            let call = task(on: upstreams.loop) { try await client.answer(upstreams.call(of: record)).status }
            try await gate.waitUntil(arrived: 1)
            call.cancel()
            _ = await failure { _ = try await call.value }
            await gate.open()
            return record.value.attempts
        }

        #expect(attempts.map(\.failure) == [.cancelled])
    }

    @Test func `a call that comes too late is not begun`() async throws {
        let attempts = try await withUpstreams { upstreams in
            let record = Confined(try upstreams.record())
            let call = try upstreams.call(of: record, within: .zero)
            _ = await failure { _ = try await upstreams.client().answer(call) }
            return record.value.attempts
        }

        #expect(attempts.map(\.failure) == [.readTimeout])
        #expect(attempts.map(\.begun) == [nil])
    }
}

extension Upstreams {
    fileprivate func record() throws -> RequestRecord {
        RequestRecord(trace: try call().asker.trace, arrived: .now)
    }

    fileprivate func call(
        of record: Confined<RequestRecord>, place: Int = 0, within time: Duration = .seconds(30)
    ) throws -> Call {
        let asker = Call.Asker(
            tenant: Fixtures.tenantA, requestID: "request-1", trace: record.value.trace, record: record)
        return Call(
            part: "conversation", place: place, path: Self.conversation, asker: asker, deadline: loop.now + time)
    }
}
