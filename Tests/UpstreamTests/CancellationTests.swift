// Calls whose reply nobody wants any more.

import Pipeline
import StubUpstreams
import Testing
import Upstream

@Suite(.timeLimit(.minutes(1)))
struct CancellationTests {
    @Test(arguments: [true, false])
    func `the upstream sees it at once, whoever cancels`(onLoop: Bool) async throws {
        let gate = Gate()
        let (kind, left) = try await withUpstreams(Rule(.hold(gate))) { upstreams in
            let client = upstreams.client()
            let call = task(on: upstreams.loop) {
                await failure { _ = try await client.answer(upstreams.call()) }
            }
            try await gate.waitUntil(arrived: 1)
            if onLoop { call.cancel() } else { await onThread { call.cancel() } }
            let kind = try await call.value?.kind
            let left = upstreams.loop.inventory
            // The gate is still shut.
            try await upstreams.stubs.waitForCalls(1, ended: .clientClosed)
            return (kind, left.transfers + left.connections)
        }

        #expect(kind == .cancelled)
        #expect(left == 0)
    }

    @Test func `a call that was cancelled before it began asks nothing`() async throws {
        let (kind, calls) = try await withUpstreams { upstreams in
            let client = upstreams.client()
            let call = task(on: upstreams.loop) {
                withUnsafeCurrentTask { $0?.cancel() }
                return await failure { _ = try await client.answer(upstreams.call()) }?.kind
            }
            return (try await call.value, upstreams.stubs.calls.count)
        }

        #expect(kind == .cancelled)
        #expect(calls == 0)
    }

    @Test func `others on the same loop and upstream go on`() async throws {
        let gate = Gate()
        let statuses = try await withUpstreams(Rule(.hold(gate))) { upstreams in
            let client = upstreams.client()
            let calls = (0..<10).map { _ in
                task(on: upstreams.loop) { try await client.answer(upstreams.call()).status }
            }
            try await gate.waitUntil(arrived: 10)
            for call in calls.prefix(5) { call.cancel() }
            try await upstreams.stubs.waitForCalls(5, ended: .clientClosed)
            await gate.open()
            var statuses: [Int] = []
            for call in calls.suffix(5) { statuses.append(try await call.value) }
            return statuses
        }

        #expect(statuses == Array(repeating: 200, count: 5))
    }

    @Test func `a handle that was cancelled serves the next call`() async throws {
        let gate = Gate()
        let statuses = try await withUpstreams(Rule(calls: .every(2), .hold(gate))) { upstreams in
            let client = upstreams.client()
            var statuses: [Int] = []
            for round in 1...5 {
                statuses.append(try await client.answer(upstreams.call()).status)
                let call = task(on: upstreams.loop) { try await client.answer(upstreams.call()).status }
                try await gate.waitUntil(arrived: round)
                call.cancel()
                _ = await call.result
            }
            return statuses
        }

        #expect(statuses == Array(repeating: 200, count: 5))
    }
}
