// How much of a request's time was its upstreams': of made-up parts and attempts, in milliseconds.

import Pipeline
import Testing

struct CriticalPathTests {
    private let arrival = ContinuousClock.now
    /// The conversation and what hangs on it, and a part of its own.
    private let outline = PlanOutline([
        .init(name: "contact", upstream: "crm", needs: [2]),
        .init(name: "messages", upstream: "conversations", needs: []),
        .init(name: "conversation", upstream: "conversations", needs: []),
    ])

    private func record(_ parts: [Int], _ attempts: [(part: Int, begun: Int?, ended: Int)]) throws -> RequestRecord {
        let trace = try #require(
            Trace(traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", tracestate: nil))
        let record = RequestRecord(trace: trace, arrived: arrival)
        record.outline = outline
        let asker = Call.Asker(tenant: "t", requestID: "r", trace: trace)
        for attempt in attempts {
            let call = Call(part: "", place: attempt.part, path: "/", asker: asker, deadline: arrival, asked: arrival)
            var kept = RequestRecord.Attempt(of: call, arrived: arrival)
            kept.begun = attempt.begun.map { UInt32($0 * 1000) }
            kept.ended = UInt32(attempt.ended * 1000)
            record.attempts.append(kept)
        }
        for place in parts {
            let end = attempts.filter { $0.part == place }.map(\.ended).max() ?? 0
            record.parts.append(
                RequestRecord.Part(
                    name: outline.parts[place].name, place: place, started: arrival,
                    ended: arrival + .milliseconds(end), outcome: .fetched, attempts: 1))
        }
        return record
    }

    /// The longest path, and the microseconds that upstreams took.
    private struct Path: Equatable {
        let waited: Int64
        let parts: [Int]
    }

    private func path(
        _ parts: [Int] = [2, 0, 1], _ attempts: (part: Int, begun: Int?, ended: Int)...
    ) throws -> Path {
        let record = try record(parts, attempts)
        return Path(waited: record.upstreamTime, parts: record.criticalPath)
    }

    @Test func `the way that waited longest counts, and not what lies between its calls`() throws {
        let path = try path([2, 1, 0], (2, 1, 11), (1, 1, 25), (0, 13, 33))

        #expect(path == .init(waited: 30_000, parts: [2, 0]))
    }

    @Test func `a part that stands alone may be the longest`() throws {
        #expect(try path([2, 0, 1], (2, 1, 11), (0, 13, 33), (1, 1, 90)) == .init(waited: 89_000, parts: [1]))
    }

    @Test func `attempts one after the other count, and not the wait between them`() throws {
        #expect(try path([2], (2, 0, 10), (2, 35, 40)) == .init(waited: 15_000, parts: [2]))
    }

    @Test func `what was waited for last is told, though most of it was the wait to try again`() throws {
        let path = try path([2, 1, 0], (2, 1, 11), (0, 11, 30), (1, 1, 60), (0, 2030, 2040))

        #expect(path == .init(waited: 59_000, parts: [2, 0]))
    }

    @Test func `what two attempts took at the same time counts once`() throws {
        #expect(try path([2], (2, 10, 20), (2, 0, 30)).waited == 30_000)
        #expect(try path([2], (2, 0, 20), (2, 10, 30)).waited == 30_000)
    }

    @Test func `an attempt that was not begun is none of an upstream's time`() throws {
        #expect(try path([2], (2, nil, 50)).waited == 0)
    }

    @Test func `a request without a plan waited for nobody`() throws {
        let record = try record([], [])
        record.outline = nil

        #expect(record.criticalPath == [])
        #expect(record.upstreamTime == 0)
    }

    @Test func `what a request took that waited for another's answer is not known to be its own`() throws {
        let alone = try record([2], [(2, 10, 30)]), late = try record([], [])
        late.outline = nil
        late.coalescedWith = "leader"

        #expect(alone.overhead(of: .milliseconds(35)) == 15_000)
        #expect(late.overhead(of: .milliseconds(35)) == nil)
    }
}
