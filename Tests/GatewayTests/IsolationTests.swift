// No answer ever holds another tenant's record, whoever asks for what at the same time, and in whatever order replies come:
// the downstream stack and plans over upstreams inside this test, a new order each round, the same in each run.

import Pipeline
import Testing

@Suite(.timeLimit(.minutes(2))) struct IsolationTests {
    @Test(arguments: [false, true])
    func `no answer holds another tenant's record, in ten thousand random interleavings`(reuses: Bool) async throws {
        let outcome = try await onIsolationBench(reuses: reuses) { bench in
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
        #expect(outcome.statuses[499, default: 0] > 100)
        #expect(outcome.statuses.values.reduce(0, +) == 30_000)
        // Much was shared, by those who may.
        #expect(outcome.shared > 2000)
        #expect(reuses ? outcome.reused > 2000 : outcome.reused == 0)
    }

    @Test func `a thousand who ask the same get one answer, though the first one leaves`() async throws {
        let responses = try await onIsolationBench { try await $0.crowd(1000) }

        for (number, response) in responses.enumerated() {
            #expect(response.status == (number.isMultiple(of: 3) ? 499 : 200))
        }
        let bodies = Set(responses.filter { $0.status == 200 }.map { String(decoding: $0.body, as: UTF8.self) })
        #expect(bodies.count == 1)
        // Upstreams were asked for the first one, which has left.
        #expect(bodies.first?.contains("for r-0.") == true)
    }
}
