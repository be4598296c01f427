// How batches wait for a collector, by a made-up clock.

import Pipeline
import Testing

@testable import Telemetry

struct ExportQueueTests {
    private let start = ContinuousClock.now
    private let counts = TraceCounts()
    private let room = ExportRoom(most: 100)

    /// A batch of three spans.
    private let batch = SpanBatch(spans: 3, bytes: [UInt8](repeating: 0, count: 40))

    private func queue(_ batches: Int = 1) -> ExportQueue {
        var queue = ExportQueue(room, counts)
        for _ in 0..<batches where room.take(batch.bytes.count) { queue.add(batch, at: start) }
        return queue
    }

    @Test func `one batch is sent after the other`() {
        var queue = queue(2)

        let first = queue.next(at: start)
        let meanwhile = queue.next(at: start)
        queue.ended(.accepted(rejected: 1), at: start, luck: 1)
        let second = queue.next(at: start)
        queue.ended(.accepted(rejected: 0), at: start, luck: 1)

        #expect(first != nil && meanwhile == nil && second != nil)
        #expect(queue.isEmpty && room.inUse == 0)
        #expect(counts.exported == 5 && counts.dropped(.refused) == 1)
        #expect(counts.exports == (2, 0))
    }

    @Test func `no more waits than there is room for`() {
        #expect(room.take(60))
        #expect(!room.take(41))
        #expect(room.take(40))
        #expect(room.inUse == 100)
    }

    @Test func `after failures it waits longer and longer, up to ten seconds`() {
        var queue = queue()
        var now = start
        var waits: [Duration] = []
        for _ in 0..<6 {
            #expect(queue.next(at: now) != nil)
            queue.ended(.failed(retryAfter: nil), at: now, luck: 1)
            let due = queue.due ?? now
            #expect(queue.next(at: due - .milliseconds(1)) == nil)
            waits.append(now.duration(to: due))
            now = due
        }

        #expect(waits == [1, 2, 4, 8, 10, 10].map { .seconds($0) })
        #expect(counts.exports == (0, 6))
    }

    @Test(arguments: [
        (Duration.seconds(7), Duration.seconds(7)), (.milliseconds(10), .seconds(1)), (.seconds(3600), .seconds(300)),
    ])
    func `a collector's wish is heard, within bounds`(wish: Duration, wait: Duration) {
        var queue = queue()
        _ = queue.next(at: start)

        queue.ended(.failed(retryAfter: wish), at: start, luck: 1)

        #expect(queue.due == start + wait)
    }

    @Test func `a batch is given up after a minute, however often it was tried`() {
        var queue = queue()
        let late = start + .seconds(59)
        queue.add(batch, at: late)
        #expect(room.take(batch.bytes.count))
        _ = queue.next(at: start)
        queue.ended(.failed(retryAfter: .seconds(60)), at: start, luck: 0)

        let next = queue.next(at: start + .seconds(60))

        #expect(next != nil)
        #expect(counts.dropped(.tooOld) == 3)
        #expect(room.inUse == 40)
    }

    @Test func `what the collector refuses is not sent again, and the next is sent at once`() {
        var queue = queue(2)
        _ = queue.next(at: start)

        queue.ended(.refused, at: start, luck: 1)

        #expect(counts.dropped(.refused) == 3)
        #expect(queue.due == nil)
        #expect(queue.next(at: start) != nil)
    }

    @Test func `success ends the waiting`() {
        var queue = queue(2)
        _ = queue.next(at: start)
        queue.ended(.failed(retryAfter: nil), at: start, luck: 1)
        let due = start + .seconds(1)
        _ = queue.next(at: due)

        queue.ended(.accepted(rejected: 0), at: due, luck: 1)

        #expect(queue.failures == 0)
        #expect(queue.next(at: due) != nil)
    }

    @Test func `in a hurry it asks at once, and what is abandoned is counted`() {
        var queue = queue(2)
        _ = queue.next(at: start)
        queue.ended(.failed(retryAfter: .seconds(30)), at: start, luck: 1)
        #expect(queue.next(at: start) == nil)

        queue.hurry()
        let batch = queue.next(at: start)
        queue.abandon()

        #expect(batch != nil)
        #expect(queue.isEmpty && room.inUse == 0)
        #expect(counts.dropped(.left) == 6)
        #expect(queue.next(at: start) == nil)
    }
}
