// The rule of a bucket, with a clock that stands until it is moved.

import Testing

@testable import Pipeline

@Suite struct TokenBucketTests {
    private let start = ContinuousClock.now
    private let rate = Rate(perSecond: 10, burst: 3)

    @Test func `has its burst at once, and then one at a time`() {
        var bucket = TokenBucket(at: start)

        let waits = (0..<4).map { _ in bucket.take(rate, at: start) }
        let early = bucket.take(rate, at: start + .milliseconds(99))
        let due = bucket.take(rate, at: start + .milliseconds(100))
        let next = bucket.take(rate, at: start + .milliseconds(100))

        #expect(waits == [nil, nil, nil, .milliseconds(100)])
        #expect(early == .milliseconds(1))
        #expect(due == nil)
        #expect(next == .milliseconds(100))
    }

    @Test func `is full after a pause, and no fuller`() {
        var bucket = TokenBucket(at: start)
        for _ in 0..<3 { _ = bucket.take(rate, at: start) }

        let waits = (0..<4).map { _ in bucket.take(rate, at: start + .seconds(3600)) }

        #expect(waits.prefix(3).allSatisfy { $0 == nil })
        #expect(waits.last == .milliseconds(100))
    }

    @Test func `takes nothing for what it refuses`() {
        var bucket = TokenBucket(at: start)
        for _ in 0..<1000 { _ = bucket.take(rate, at: start) }

        #expect(bucket.wait(rate, at: start) == .milliseconds(100))
    }

    @Test func `lets through its rate in the long run, whatever is asked`() {
        var bucket = TokenBucket(at: start)
        let taken = (0..<100_000).count { bucket.take(rate, at: start + .milliseconds($0)) == nil }

        #expect(taken == 3 + 999)
    }

    @Test func `counts from the latest time it was told`() {
        var bucket = TokenBucket(at: start)

        let waits = [5, 0, 3, 1].map { bucket.take(rate, at: start + .milliseconds($0)) }

        #expect(waits == [nil, nil, .milliseconds(2), .milliseconds(4)])
    }

    @Test func `stays empty when more is spent than there is`() {
        var bucket = TokenBucket(at: start)
        for _ in 0..<100 { bucket.spend(rate, at: start) }

        #expect(bucket.wait(rate, at: start) == .milliseconds(100))
        #expect(bucket.wait(rate, at: start + .milliseconds(100)) == nil)
    }

    @Test func `follows another rate from when it is asked by it`() {
        var bucket = TokenBucket(at: start)
        for _ in 0..<3 { _ = bucket.take(rate, at: start) }

        #expect(bucket.take(Rate(perSecond: 10, burst: 4), at: start) == nil)
        #expect(bucket.take(Rate(perSecond: 10, burst: 1), at: start) == .milliseconds(100))
    }

    @Test func `helps whoever is limited when the rate is raised`() {
        let slow = Rate(perSecond: 1, burst: 100)
        var bucket = TokenBucket(at: start)
        for _ in 0..<100 { _ = bucket.take(slow, at: start) }

        let wait = bucket.wait(rate, at: start)
        let waits = (1...10).map { bucket.take(rate, at: start + .milliseconds(100 * $0)) }

        #expect(wait == .milliseconds(100))
        #expect(waits.allSatisfy { $0 == nil })
    }

    @Test func `gives nothing back to requests that come out of order`() {
        var bucket = TokenBucket(at: start)
        for _ in 0..<3 { _ = bucket.take(rate, at: start + .seconds(1)) }

        let late = bucket.take(rate, at: start)
        bucket.spend(rate, at: start)

        #expect(late == .milliseconds(1100))
        #expect(bucket.take(rate, at: start + .seconds(1)) == .milliseconds(100))
    }

    @Test(arguments: [1, 3, 7, 100, 999_983, 10_000_000])
    func `can be as slow or as fast as can be configured`(perSecond: Int) {
        var bucket = TokenBucket(at: start)
        let rate = Rate(perSecond: perSecond, burst: 1)

        let first = bucket.take(rate, at: start)
        let second = bucket.take(rate, at: start)

        #expect(first == nil)
        #expect(second == .seconds(1) / perSecond)
    }
}
