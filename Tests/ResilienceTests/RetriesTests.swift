// What is tried again, when, and how often: the layer over a scripted wire, by a made-up clock.

import Pipeline
import Testing

@testable import Resilience

struct RetriesTests {
    @Test func `a reply is handed on as it is`() throws {
        let bench = RetriesBench()

        let running = try bench.begin()
        bench.wire.finish(.fine)

        #expect(running != nil)
        #expect(bench.ends == ["200 after 1"])
        #expect(bench.loop.due.isEmpty)
    }

    @Test(arguments: [502, 503, 504])
    func `what may be gone a moment later is tried again`(_ status: Int) throws {
        let bench = RetriesBench()

        try bench.begin()
        bench.fail(.status(status))
        bench.fail(.status(status))
        bench.wire.finish(.fine)

        #expect(bench.ends == ["200 after 3"])
    }

    @Test func `the last failure is told when all attempts are used`() throws {
        let bench = RetriesBench(attempts: 2)

        try bench.begin()
        for status in [502, 503, 504] { bench.fail(.status(status)) }

        #expect(bench.ends == ["upstream_server_error after 3"])
        #expect(bench.attempts == 3)
    }

    @Test(arguments: [
        Failure.Kind.unexpectedStatus, .throttled, .readTimeout, .tlsError, .replyMalformed, .replyIncomplete,
        .replyTooLarge, .noPlace, .circuitOpen, .noEndpoint, .deadlineExceeded, .cancelled, .internalError,
    ])
    func `what is not safe or of no use is not tried again`(_ kind: Failure.Kind) throws {
        let bench = RetriesBench()

        try bench.begin()
        bench.fail(.failure(Failure(kind, .upstream("crm", part: nil), "so")))

        #expect(bench.attempts == 1)
        #expect(bench.ends.count == 1)
        #expect(bench.ends.first?.hasPrefix(kind.rawValue) == true)
    }

    @Test func `a 500 is not tried again`() throws {
        let bench = RetriesBench()

        try bench.begin()
        bench.fail(.status(500))

        #expect(bench.ends == ["upstream_server_error after 1"])
    }

    @Test func `a retry waits for a time below the limit, which doubles`() throws {
        let bench = RetriesBench(attempts: 10)
        var waits: [Duration] = []

        try bench.begin()
        for _ in 0..<6 {
            bench.wire.finish(.status(503))
            let due = try #require(bench.loop.due.first)
            waits.append(bench.loop.now.duration(to: due))
            bench.loop.advance(by: waits[waits.count - 1])
        }

        for (wait, limit) in zip(waits, [25, 50, 100, 200, 250, 250]) {
            #expect(wait >= .zero && wait <= .milliseconds(limit), "\(wait) of \(limit) ms")
        }
        #expect(bench.attempts == 7)
    }

    // MARK: Budgets

    @Test func `an upstream that always fails gets a fifth more calls, or the minimum`() throws {
        let bench = RetriesBench(attempts: 10, share: 0.2, minimum: 3)

        bench.wire.answers = .status(503)
        for _ in 0..<1000 {
            try bench.begin()
            bench.loop.advance(by: .milliseconds(1))
        }
        bench.loop.advance(by: .seconds(10))

        #expect((1190...1203).contains(bench.attempts))
        #expect(bench.ends.count == 1000)
    }

    @Test func `what waits to be tried again counts against the budget`() throws {
        let bench = RetriesBench(minimum: 2)

        for _ in 0..<3 {
            try bench.begin()
            bench.wire.finish(.status(503))
        }

        #expect(bench.loop.due.count == 2)
        #expect(bench.ends == ["upstream_server_error after 1"])
        #expect(bench.budget.counts == (2, 1))
    }

    @Test func `all calls of a request share what it may cost`() throws {
        let bench = RetriesBench(attempts: 10)

        try bench.begin(spare: 2)
        for _ in 0..<3 { bench.fail(.status(503)) }

        #expect(bench.ends == ["upstream_server_error after 3"])
    }

    @Test func `a retry that the budget refuses costs the request nothing`() throws {
        let bench = RetriesBench(minimum: 0)
        let asked = try call(spare: 1, at: bench.loop.now)

        _ = bench.layer.begin(asked) { _ in }
        bench.wire.finish(.status(503))

        #expect(asked.asker.takeSpareCall())
        #expect(!asked.asker.takeSpareCall())
    }

    // MARK: Time

    @Test func `what would wait beyond the deadline is not tried again`() throws {
        let bench = RetriesBench(backoff: Backoff(base: .seconds(1000), cap: .seconds(1000)))

        try bench.begin(within: .milliseconds(1))
        bench.wire.finish(.status(503))

        #expect(bench.ends == ["upstream_server_error after 1"])
        #expect(bench.loop.due.isEmpty)
        #expect(bench.budget.counts == (0, 0))
    }

    @Test func `an upstream's wish is kept when there is time for it`() throws {
        let bench = RetriesBench()

        try bench.begin(within: .seconds(3))
        bench.wire.finish(.status(503, retryAfter: .seconds(2)))
        let wait = bench.loop.now.duration(to: try #require(bench.loop.due.first))
        bench.loop.advance(by: .seconds(2))
        bench.wire.finish(.fine)

        #expect(wait == .seconds(2))
        #expect(bench.ends == ["200 after 2"])
    }

    @Test func `a wish for which there is no time is the end, unless there is another endpoint`() throws {
        let alone = RetriesBench(), several = RetriesBench(endpoints: 2)

        for bench in [alone, several] {
            try bench.begin(within: .seconds(1))
            bench.wire.finish(.status(503, retryAfter: .seconds(2)))
        }

        #expect(alone.ends == ["upstream_server_error after 1"])
        #expect(several.loop.due.count == 1)
    }

    @Test func `an attempt knows where the ones before it failed`() throws {
        let bench = RetriesBench(endpoints: 3)

        try bench.begin()
        bench.fail(.status(503, at: 2))
        bench.fail(.status(503, at: 0))

        let tried = try #require(bench.wire.begun.last?.call.tried)
        #expect((0..<3).map(tried.contains) == [true, false, true])
    }

    // MARK: Kept connections

    @Test
    func `a kept connection that had ended is replaced at once, once a call, and costs the request but no budget`()
        throws
    {
        let bench = RetriesBench(attempts: 1, minimum: 0)
        let asked = try call(spare: 2, at: bench.loop.now)
        var ends: [String] = []

        _ = bench.layer.begin(asked) { ends.append($0.name) }
        bench.wire.finish(.keptEnded)
        bench.wire.finish(.keptEnded)

        #expect(bench.wire.begun.map(\.call.isAfresh) == [false, true])
        #expect(bench.wire.begun.map(\.call.cause) == [.first, .afresh])
        #expect(ends == ["connection_terminated after 2"])
        #expect(bench.budget.counts == (0, 1))
        #expect(asked.asker.takeSpareCall())
        #expect(!asked.asker.takeSpareCall())
    }

    @Test func `dozens of kept connections that ended cost no budget, and the next failure is one like any other`()
        throws
    {
        let bench = RetriesBench(attempts: 1, minimum: 1)

        for _ in 0..<60 {
            try bench.begin()
            bench.wire.finish(.keptEnded)
            bench.wire.finish(.fine)
        }
        try bench.begin()
        bench.wire.finish(.keptEnded)
        bench.fail(.status(503))
        bench.wire.finish(.fine)

        #expect(bench.ends == Array(repeating: "200 after 2", count: 60) + ["200 after 3"])
        #expect(bench.budget.counts == (1, 0))
        #expect(bench.wire.begun.suffix(3).map(\.call.isAfresh) == [false, true, true])
    }

    @Test func `a kept connection that had ended is not replaced when the request may cost no more or is due`() throws {
        let poor = RetriesBench(), late = RetriesBench()

        try poor.begin(spare: 0)
        poor.fail(.keptEnded)
        try late.begin(within: .milliseconds(10))
        late.loop.advance(by: .milliseconds(10))
        late.fail(.keptEnded)

        #expect(poor.ends == ["connection_terminated after 1"])
        #expect(late.ends == ["connection_terminated after 1"])
    }

    // MARK: Elsewhere

    @Test func `a failure to connect is tried at once elsewhere, and costs the request but no budget`() throws {
        let bench = RetriesBench(attempts: 1, minimum: 0, endpoints: 3)

        try bench.begin(spare: 3)
        bench.wire.finish(.refused(at: 0))
        bench.wire.finish(.refused(at: 2))
        bench.wire.finish(.refused(at: 1))

        #expect(bench.attempts == 3)
        #expect(bench.ends == ["connection_refused after 3"])
        #expect(bench.budget.counts == (0, 1))
    }

    @Test func `a request that may cost no more is not tried elsewhere`() throws {
        let bench = RetriesBench(endpoints: 3)

        try bench.begin(spare: 0)
        bench.wire.finish(.refused(at: 0))

        #expect(bench.ends == ["connection_refused after 1"])
    }

    @Test func `where there is no other, a failure to connect waits like all else`() throws {
        let bench = RetriesBench()

        try bench.begin()
        bench.wire.finish(.refused())

        #expect(bench.attempts == 1)
        #expect(bench.loop.due.count == 1)
        #expect(bench.budget.counts.made == 1)
    }

    @Test func `a wrong certificate is asked for elsewhere at once, and never again`() throws {
        let bench = RetriesBench(endpoints: 2)

        try bench.begin()
        bench.wire.finish(.untrusted(at: 0))
        bench.fail(.status(503, at: 1))

        let call = try #require(bench.wire.begun.last?.call)
        #expect(bench.attempts == 3)
        #expect(bench.budget.counts.made == 1)
        #expect((0..<2).map(call.unfit.contains) == [true, false])
    }

    @Test func `a wrong certificate is the end where there is no other endpoint`() throws {
        let alone = RetriesBench(), both = RetriesBench(endpoints: 2)

        try alone.begin()
        alone.fail(.untrusted())
        try both.begin()
        both.fail(.untrusted(at: 1))
        both.fail(.untrusted(at: 0))

        #expect(alone.ends == ["tls_error after 1"])
        #expect(both.ends == ["tls_error after 2"])
        #expect(both.budget.counts == (0, 0))
    }
}
