// How a call that is tried again ends when somebody leaves, when nothing can be begun, and when its end begins another call.

import Pipeline
import Testing

@testable import Resilience

struct RetriesEndTests {
    @Test func `who is cancelled while it waits is tried no more`() throws {
        let bench = RetriesBench()

        let running = try bench.begin()
        bench.wire.finish(.status(503))
        running?.cancel()
        bench.loop.advance(by: .seconds(1))

        #expect(bench.ends == ["cancelled after 1"])
        #expect(bench.attempts == 1)
        #expect(bench.loop.due.isEmpty)
    }

    @Test func `who is cancelled while it is tried ends its attempt`() throws {
        let bench = RetriesBench()

        let running = try bench.begin()
        bench.fail(.status(503))
        running?.cancel()

        #expect(bench.ends == ["cancelled after 2"])
        #expect(bench.wire.begun.last?.hasEnded == true)
    }

    @Test func `who is cancelled while its retry waits for a place was asked as often as it was sent`() throws {
        let (loop, wire) = (ScriptedLoop(), ScriptedWire())
        let places = Places(most: 1, queue: 1, wait: .seconds(1))
        wire.tells = { _ in places.giveBack() }
        let layer = Retries(
            attempts: 1, backoff: Backoff(base: .zero, cap: .zero),
            within: SharedRetryBudget(RetryBudget(share: 0, minimum: 1)), of: Endpoints(limits()), on: loop,
            before: Concurrency("crm", places, wait: .seconds(1), on: loop, before: wire))
        var ends: [String] = []

        let running = layer.begin(try call(at: loop.now)) { ends.append($0.name) }
        wire.finish(.status(503))
        let isTaken = places.take(0)
        loop.advance(by: .milliseconds(1))
        running?.cancel()

        #expect(isTaken)
        #expect(wire.begun.count == 1)
        #expect(ends == ["cancelled after 1"])
    }

    @Test func `a retry that finds no place does not hide what was wrong before`() throws {
        let bench = RetriesBench()

        try bench.begin()
        bench.wire.finish(.status(502))
        bench.wire.refuses = Failure(.noPlace, .upstream("crm", part: nil), "full")
        bench.loop.advance(by: .seconds(1))

        #expect(bench.ends == ["upstream_server_error after 1"])
    }

    @Test func `a call that is refused at once has ended when it was begun`() throws {
        let bench = RetriesBench()
        bench.wire.refuses = Failure(.circuitOpen, .upstream("crm", part: nil), "open")

        let running = try bench.begin()

        #expect(running == nil)
        #expect(bench.ends == ["circuit_open after 0"])
    }

    @Test func `a call begun from within another's end is another call`() throws {
        let bench = RetriesBench()
        bench.wire.refuses = Failure(.circuitOpen, .upstream("crm", part: nil), "open")
        var inner: (any RunningCall)?
        let asked = try call(at: bench.loop.now)
        let outer = bench.layer.begin(asked) { _ in
            bench.wire.refuses = nil
            inner = bench.layer.begin(asked) { _ in }
        }

        #expect(outer == nil)
        #expect(inner != nil)
        #expect(bench.attempts == 1)
        inner?.cancel()
        #expect(bench.wire.begun.last?.hasEnded == true)
    }

    // MARK: Cancelled while something else is done

    @Test func `who leaves while a retry is being begun leaves nothing behind`() throws {
        let bench = RetriesBench()

        let running = try #require(try bench.begin())
        bench.wire.whileBeginning = running.cancel
        bench.fail(.status(503))

        #expect(bench.attempts == 2)
        #expect(bench.wire.begun.map(\.hasEnded) == [true, true])
        #expect(bench.ends == ["cancelled after 2"])
    }

    @Test func `what follows an attempt that failed at once can be cancelled`() throws {
        let bench = RetriesBench(endpoints: 2)
        var begins = 0
        bench.wire.whileBeginning = {
            begins += 1
            guard begins == 1, case .failure(let refusal) = Result<Reply, Failure>.refused() else {
                return bench.wire.refuses = nil
            }
            bench.wire.refuses = refusal
        }

        let running = try #require(try bench.begin())
        running.cancel()

        #expect(begins == 2)
        #expect(bench.wire.begun.map(\.hasEnded) == [true])
        #expect(bench.ends == ["cancelled after 2"])
    }
}
