// What is remembered of the last minutes: histograms, slots, and the few requests that are kept.

import Configuration
import Pipeline
import Testing

@testable import Telemetry

@Suite struct RecentTrafficTests {
    @Test(arguments: [0, 1, 15, 16, 17, 100, 999, 4321, 65_535, 65_536, 1_000_000, 59_999_999] as [Int64])
    func `a percentile is off by a sixteenth at most`(microseconds: Int64) throws {
        var histogram = LatencyHistogram()
        histogram.add(microseconds: microseconds)

        let found = try #require(histogram.percentile(0.5))

        #expect(abs(found - Double(microseconds)) <= max(0.5, Double(microseconds) / 16))
    }

    @Test func `percentiles are those of all that was added, wherever`() throws {
        var one = LatencyHistogram(), other = LatencyHistogram()
        for _ in 0..<98 { one.add(microseconds: 1_000) }
        for _ in 0..<2 { other.add(microseconds: 900_000) }
        one.add(other)

        #expect(one.total == 100)
        #expect(abs(try #require(one.percentile(0.5)) - 1_000) < 70)
        #expect(abs(try #require(one.percentile(0.98)) - 1_000) < 70)
        #expect(abs(try #require(one.percentile(0.99)) - 900_000) < 60_000)
        #expect(LatencyHistogram().percentile(0.5) == nil)
    }

    @Test func `what takes longer than the last bucket, or less than no time, is counted at the ends`() throws {
        var histogram = LatencyHistogram()
        histogram.add(microseconds: .max)
        histogram.add(microseconds: -5)

        #expect(try #require(histogram.percentile(0.5)) < 1)
        #expect(try #require(histogram.percentile(1)) > 1e9)
    }

    @Test func `slots that nothing happened in are empty, and old ones forgotten`() {
        var traffic = RecentTraffic(slots: 4)
        for slot in [0, 0, 1, 3] as [Int64] { traffic.add(slot) { $0.count += 1 } }

        #expect(traffic.last(4, upTo: 3).map(\.count) == [2, 1, 0, 1])
        #expect(traffic.last(3, upTo: 5).map(\.count) == [1, 0, 0])

        traffic.add(6) { $0.count += 7 }

        #expect(traffic.last(4, upTo: 6).map(\.count) == [1, 0, 0, 7])
        #expect(traffic.sum(2, upTo: 6).count == 7)
        traffic.add(100) { $0.count += 1 }
        #expect(traffic.sum(4, upTo: 100).count == 1)
    }

    @Test func `a ring keeps the last, the newest first`() {
        var ring = Ring<Int>(3)
        #expect(ring.newestFirst == [])
        for number in 1...2 { ring.append(number) }
        #expect(ring.newestFirst == [2, 1])
        for number in 3...7 { ring.append(number) }
        #expect(ring.newestFirst == [7, 6, 5])
    }
}

@Suite struct RememberedRequestsTests {
    private func told(
        _ id: String, total: Duration, sharedWith leader: String? = nil, hasLeft: Bool = false
    ) -> ToldRequest {
        let now = ContinuousClock.now
        let request = Request(
            method: .get, path: "/", client: "127.0.0.1", id: id, arrived: now - total, completed: now - total)
        var random = FastRandom()
        let record = RequestRecord(trace: Trace(using: &random), arrived: request.arrived)
        record.coalescedWith = leader
        return ToldRequest(
            request, record, response: hasLeft ? nil : Response(status: 200), addresses: EndpointNames([:]), at: now)
    }

    @Test func `of each minute the slowest are kept, and no more`() {
        var memory = RememberedRequests()
        for number in 1...100 {
            let told = told("\(number)", total: .milliseconds(number * 37 % 101))
            if memory.isSlow(told.total, in: 0) { memory.keep(slow: told) }
        }
        let slowest = memory.slowest(upTo: 0)
        let isBarelySlow = (memory.isSlow(93_000, in: 0), memory.isSlow(93_001, in: 0))

        #expect(slowest.map(\.total) == (93...100).reversed().map { Int64($0) * 1000 })
        #expect(!isBarelySlow.0 && isBarelySlow.1)
    }

    @Test func `of those that shared a run one is kept: whose it was, or the slowest if that one left`() {
        var memory = RememberedRequests(), left = RememberedRequests()

        memory.keep(slow: told("f1", total: .milliseconds(90), sharedWith: "l"))
        memory.keep(slow: told("f2", total: .milliseconds(95), sharedWith: "l"))
        memory.keep(slow: told("f3", total: .milliseconds(80), sharedWith: "l"))
        let before = memory.slowest(upTo: 0).map(\.id)
        memory.keep(slow: told("l", total: .milliseconds(94)))
        memory.keep(slow: told("f4", total: .milliseconds(99), sharedWith: "l"))
        let isAnother = (
            memory.isSlow(99_000, sharedWith: "l", in: 0), memory.isSlow(99_000, sharedWith: "m", in: 0),
            memory.isSlow(99_000, in: 0)
        )
        // The same id twice by chance: they shared nothing.
        memory.keep(slow: told("x", total: .milliseconds(70)))
        memory.keep(slow: told("x", total: .milliseconds(60)))
        left.keep(slow: told("l", total: .milliseconds(10), hasLeft: true))
        left.keep(slow: told("f1", total: .milliseconds(90), sharedWith: "l"))

        #expect(before == ["f2"])
        #expect(isAnother == (false, true, true))
        #expect(memory.slowest(upTo: 0).map(\.id) == ["l", "x", "x"])
        #expect(left.slowest(upTo: 0).map(\.id) == ["f1"])
    }

    @Test func `minutes are forgotten one by one`() {
        var memory = RememberedRequests()
        for minute in 0..<30 as Range<Int64> {
            _ = memory.isSlow(1, in: minute)
            memory.keep(slow: told("\(minute)", total: .milliseconds(1)))
        }

        let now = memory.slowest(upTo: 29), later = memory.slowest(upTo: 35), last = memory.slowest(upTo: 1000)

        #expect(now.map(\.id) == (20...29).reversed().map { "\($0)" })
        #expect(later.map(\.id) == (26...29).reversed().map { "\($0)" })
        #expect(last.isEmpty)
    }

    @Test func `a waterfall names the request whose call was shared, or whose answer was given again`() {
        let now = ContinuousClock.now
        let request = Request(
            method: .get, path: "/", client: "127.0.0.1", id: "follower", arrived: now - .milliseconds(5),
            completed: now)
        var random = FastRandom()
        let record = RequestRecord(trace: Trace(using: &random), arrived: request.arrived)
        record.outline = PlanOutline([PlanOutline.Part(name: "contact", upstream: "crm", needs: [])])
        record.parts = [
            RequestRecord.Part(
                name: "contact", started: now - .milliseconds(4), ended: now, outcome: .fetched, attempts: 0,
                coalescedWith: "leader")
        ]

        let told = ToldRequest(
            request, record, response: Response(status: 200), addresses: EndpointNames([:]), at: now)

        #expect(told.waterfall.flat.contains(#""critical": true, "coalescedWith": "leader", "attempts": []"#))
        #expect(told.waterfall.flat.contains(#""startMs": 1, "endMs": 5, "outcome": "fetched""#))
        record.reusedFrom = "earlier"
        let reusing = ToldRequest(
            request, record, response: Response(status: 200), addresses: EndpointNames([:]), at: now)
        #expect(reusing.waterfall.flat.contains(#""coalescedWith": null, "reusedFrom": "earlier", "#))
        #expect(reusing.waterfall.flat.contains(#""parts": []"#))
    }

    @Test func `a request is found wherever it is kept, the newest of an id`() {
        var memory = RememberedRequests()
        memory.keep(failed: told("a", total: .seconds(9)))
        memory.keep(explained: told("a", total: .seconds(1)))
        for number in 0..<RememberedRequests.mostExplained { memory.keep(explained: told("e\(number)", total: .zero)) }

        #expect(memory.find("a")?.total == 9_000_000)
        #expect(memory.find("e0") != nil)
        #expect(memory.find("b") == nil)
    }
}
