// Which requests are told, by a made-up clock.

import Pipeline
import Testing

@testable import Telemetry

struct TraceKeepingTests {
    private let start = ContinuousClock.now

    private func record(sampled: Bool = false, byClient: Bool = false, allowed: Duration? = .seconds(2))
        -> RequestRecord
    {
        var random = FastRandom(seed: 1)
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0\(sampled ? 1 : 0)"
        let own = Trace(share: sampled ? 1 : 0, using: &random)
        let trace = byClient ? Trace(traceparent: parent, tracestate: nil) ?? own : own
        let record = RequestRecord(trace: trace, arrived: start)
        record.allowed = allowed
        return record
    }

    private func verdict(_ record: RequestRecord, status: Int?, took: Duration = .milliseconds(5))
        -> TraceKeeping.Verdict
    {
        var keeping = TraceKeeping(slow: 0.5, at: start)
        return keeping.verdict(on: record, status: status, took: took, at: start + took)
    }

    @Test func `what was chosen at the beginning is kept, by whomever`() {
        #expect(verdict(record(sampled: true), status: 200) == .kept)
        #expect(verdict(record(sampled: true, byClient: true), status: 200) == .kept)
        #expect(verdict(record(), status: 200) == .left)
        #expect(verdict(record(byClient: true), status: 200) == .left)
    }

    @Test(arguments: [(200, false), (304, false), (404, false), (429, false), (499, false), (500, true), (503, true)])
    func `errors of the gateway's side are kept, clients' are not`(status: Int, isKept: Bool) {
        #expect(verdict(record(), status: status) == (isKept ? .kept : .left))
    }

    @Test func `who left before the answer is no error`() {
        #expect(verdict(record(), status: nil) == .left)
    }

    @Test func `slow is what takes the share of its route's time`() {
        #expect(verdict(record(), status: 200, took: .milliseconds(999)) == .left)
        #expect(verdict(record(), status: 200, took: .seconds(1)) == .kept)
        #expect(verdict(record(allowed: nil), status: 404, took: .seconds(60)) == .left)
    }

    @Test func `a flood of errors, or of what clients chose, is told in part`() {
        var keeping = TraceKeeping(slow: 0.5, at: start)
        let failed = record(), chosen = record(sampled: true, byClient: true), own = record(sampled: true)

        let clients = (0..<300).map { _ in keeping.verdict(on: chosen, status: 200, took: .zero, at: start) }
        let failures = (0..<300).map { _ in keeping.verdict(on: failed, status: 500, took: .zero, at: start) }
        let ours = keeping.verdict(on: own, status: 500, took: .zero, at: start)
        let later = keeping.verdict(on: failed, status: 500, took: .zero, at: start + .milliseconds(10))

        for verdicts in [clients, failures] {
            #expect(verdicts.count { $0 == .kept } == 200)
            #expect(verdicts.count { $0 == .tooMany } == 100)
        }
        #expect(ours == .kept)
        #expect(later == .kept)
    }
}
