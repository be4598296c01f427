// Kept connections that end when they are asked, and calls that are to go on one of their own.

import Pipeline
import StubUpstreams
import Testing
import Upstream

@Suite(.timeLimit(.minutes(1)))
struct KeptConnectionTests {
    @Test func `a call that is to begin afresh opens a connection, and the next one need not`() async throws {
        let calls = try await withUpstreams { upstreams in
            let client = upstreams.client()
            _ = try await client.answer(upstreams.call())
            var afresh = try upstreams.call()
            afresh.isAfresh = true
            _ = try await client.answer(afresh)
            _ = try await client.answer(upstreams.call())
            return upstreams.stubs.calls
        }

        #expect(calls.count == 3)
        #expect(calls[1].connection != calls[0].connection)
        #expect(calls.map(\.ordinal) == [1, 1, 2])
    }

    @Test(arguments: [Action.reset(.headers), .close(.headers)])
    func `a kept connection that ends before the reply is told from a new one, and from one within the reply`(
        _ end: Action
    ) async throws {
        let failures = try await withUpstreams(Rule(calls: .nth(2), end), Rule(calls: .nth(2), end)) { upstreams in
            let client = upstreams.client()
            _ = try await client.answer(upstreams.call())
            // The second rule counts what the first let through: this one is on a kept connection, the next on a new one.
            let kept = await UpstreamTests.failure { _ = try await client.answer(upstreams.call()) }
            let new = await UpstreamTests.failure { _ = try await client.answer(upstreams.call()) }
            return (kept, new)
        }

        #expect(failures.0?.kind == .connectionTerminated)
        #expect(failures.0?.isOfKeptConnection == true)
        #expect(failures.1?.kind == .connectionTerminated)
        #expect(failures.1?.isOfKeptConnection == false)
    }

    @Test func `an end within the reply is none of a kept connection`() async throws {
        let failure = try await withUpstreams(Rule(calls: .nth(2), .close(.body(10)))) { upstreams in
            let client = upstreams.client()
            _ = try await client.answer(upstreams.call())
            return await UpstreamTests.failure { _ = try await client.answer(upstreams.call()) }
        }

        #expect(failure?.kind == .replyIncomplete)
        #expect(failure?.isOfKeptConnection == false)
    }
}
