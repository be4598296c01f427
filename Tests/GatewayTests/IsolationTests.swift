// No answer ever holds another tenant's record, whoever asks for what at the same time, and in whatever order replies come:
// the downstream stack and plans over upstreams inside this test, a new order each round, the same in each run.

import Testing

@Suite(.timeLimit(.minutes(2))) struct IsolationTests {
    @Test func `no answer holds another tenant's record, in ten thousand random interleavings`() async throws {
        let outcome = try await onIsolationBench { bench in
            for round in 0..<10_000 { try await bench.play(round) }
            return bench.outcome
        }

        #expect(outcome.leaks.prefix(3) == [])
        #expect(outcome.mistakes.prefix(3) == [])
        // It was not all refused, nor all let through; and upstreams did send what they must not.
        #expect(outcome.statuses[200, default: 0] > 4000)
        #expect(outcome.statuses[404, default: 0] > 2000)
        #expect(outcome.statuses[403, default: 0] > 2000)
        #expect(outcome.statuses[502, default: 0] > 100)
        #expect(outcome.stale > 200)
        #expect(outcome.statuses.values.reduce(0, +) == 20_000)
    }
}
