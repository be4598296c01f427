// A place for each call: the layer over a scripted service, on one loop and on several.

import Pipeline
import Resilience
import Synchronization
import Testing
import Upstream

/// The largest of numbers that several threads tell.
private final class Most: Sendable {
    private let most = Mutex(0)

    var value: Int { most.withLock { $0 } }

    func note(_ number: Int) { most.withLock { $0 = max($0, number) } }
}

@Suite(.timeLimit(.minutes(1)))
struct ConcurrencyTests {
    @Test func `calls begin at once while there are places, and then in the order they came`() async throws {
        let (atOnce, begun, left) = try await onLoop { loop in
            let bench = ConcurrencyBench(loop, Places(most: 2, queue: 10, wait: .seconds(20)))
            for path in ["/1", "/2", "/3", "/4", "/5"] { try bench.begin(path) }
            let atOnce = bench.wire.begun
            for path in ["/2", "/1", "/3", "/4", "/5"] { bench.wire.end(path) }
            return (atOnce, bench.wire.begun, bench.places.inventory)
        }

        #expect(atOnce == ["/1", "/2"])
        #expect(begun == ["/1", "/2", "/3", "/4", "/5"])
        #expect(left == (0, 0))
    }

    @Test func `tenants take turns in the line`() async throws {
        let begun = try await onLoop { loop in
            let bench = ConcurrencyBench(loop, Places(most: 1, queue: 10, wait: .seconds(20)))
            for path in ["/a1", "/a2", "/a3", "/a4"] { try bench.begin(path, lane: 1) }
            try bench.begin("/b1", lane: 2)
            for path in ["/a1", "/a2", "/b1", "/a3", "/a4"] { bench.wire.end(path) }
            return bench.wire.begun
        }

        #expect(begun == ["/a1", "/a2", "/b1", "/a3", "/a4"])
    }

    @Test func `one tenant alone may have all places, and not the last quarter where there are others`() async throws {
        let (alone, together, left) = try await onLoop { loop in
            let bench = ConcurrencyBench(loop, Places(most: 8, queue: 20, wait: .seconds(20)))
            for number in 0..<8 { try bench.begin("/a\(number)", lane: 1) }
            let alone = bench.wire.begun.count
            try bench.begin("/b0", lane: 2)
            for number in 0..<8 { bench.wire.end("/a\(number)") }
            for number in 8..<20 { try bench.begin("/a\(number)", lane: 1) }
            let rooms = (bench.places.hasRoom(for: 1, lane: 1), bench.places.hasRoom(for: 1, lane: 2))
            try bench.begin("/b1", lane: 2)
            let together = (bench.wire.begun, rooms)
            for path in ["/b0", "/b1"] + (8..<20).map({ "/a\($0)" }) { bench.wire.end(path) }
            return (alone, together, bench.places.inventory)
        }

        #expect(alone == 8)
        // The first six of eight places, one of which the other has; then at once the other's next, though many wait.
        #expect(together.0.suffix(7) == ["/b0", "/a8", "/a9", "/a10", "/a11", "/a12", "/b1"])
        #expect(together.1 == (false, true))
        #expect(left == (0, 0))
    }

    @Test func `a full line is shared: who has most in it makes room`() async throws {
        let (failures, reason, begun) = try await onLoop { loop in
            let bench = ConcurrencyBench(loop, Places(most: 1, queue: 2, wait: .seconds(20)))
            for path in ["/a1", "/a2", "/a3"] { try bench.begin(path, lane: 1) }
            try bench.begin("/b1", lane: 2)
            try bench.begin("/c1", lane: 3)
            for path in ["/a1", "/a2", "/b1"] { bench.wire.end(path) }
            return (["/a3", "/b1", "/c1"].map { bench.failure(of: $0) }, bench.reason(of: "/a3"), bench.wire.begun)
        }

        #expect(failures == [.noPlace, nil, .noPlace])
        #expect(reason == "all 1 places are taken, and as many calls wait as may")
        #expect(begun == ["/a1", "/a2", "/b1"])
    }

    @Test func `one that comes while others wait stands behind them`() async throws {
        let begun = try await onLoop { loop in
            let bench = ConcurrencyBench(loop, Places(most: 1, queue: 10, wait: .seconds(20)))
            for path in ["/1", "/2", "/3"] { try bench.begin(path) }
            bench.wire.end("/1")
            try bench.begin("/4")
            for path in ["/2", "/3", "/4"] { bench.wire.end(path) }
            return bench.wire.begun
        }

        #expect(begun == ["/1", "/2", "/3", "/4"])
    }

    @Test func `what is more than may wait is refused at once`() async throws {
        let (kind, reason, waits) = try await onLoop { loop in
            let bench = ConcurrencyBench(loop, Places(most: 1, queue: 1, wait: .seconds(20)))
            try bench.begin("/1")
            try bench.begin("/2")
            let third = try bench.begin("/3")
            let waits = bench.places.inventory.waiting
            #expect(third == nil)
            bench.wire.end("/1")
            bench.wire.end("/2")
            return (bench.failure(of: "/3"), bench.reason(of: "/3"), waits)
        }

        #expect(kind == .noPlace)
        #expect(reason == "all 1 places are taken, and as many calls wait as may")
        #expect(waits == 1)
    }

    @Test func `who waits longer than it may is refused, and its place in the line is free`() async throws {
        let (kind, reason, left) = try await onLoop { loop in
            let wait = Duration.milliseconds(30)
            let bench = ConcurrencyBench(loop, Places(most: 1, queue: 1, wait: wait), wait: wait)
            try bench.begin("/1")
            try bench.begin("/2")
            try await loop.waitUntil("it is late") { bench.hasEnded("/2") }
            let left = bench.places.inventory
            bench.wire.end("/1")
            return (bench.failure(of: "/2"), bench.reason(of: "/2"), left)
        }

        #expect(kind == .noPlace)
        #expect(reason == "no place within 30 ms")
        #expect(left == (1, 0))
    }

    @Test func `nobody waits beyond its deadline`() async throws {
        let (kind, left) = try await onLoop { loop in
            let bench = ConcurrencyBench(loop, Places(most: 1, queue: 1, wait: .seconds(20)))
            try bench.begin("/1")
            try bench.begin("/2", within: .milliseconds(20))
            try await loop.waitUntil("it is late") { bench.hasEnded("/2") }
            bench.wire.end("/1")
            return (bench.failure(of: "/2"), bench.places.inventory)
        }

        #expect(kind == .noPlace)
        #expect(left == (0, 0))
    }

    @Test func `who is cancelled leaves the line or its transfer at once`() async throws {
        let (kinds, begun, left) = try await onLoop { loop in
            let bench = ConcurrencyBench(loop, Places(most: 1, queue: 10, wait: .seconds(20)))
            try bench.begin("/1")
            let calls = try ["/2", "/3", "/4"].map { try bench.begin($0) }
            calls[1]?.cancel()
            #expect(bench.places.inventory.waiting == 2)
            bench.wire.end("/1")
            calls[0]?.cancel()
            bench.wire.end("/4")
            return (["/2", "/3", "/4"].map { bench.failure(of: $0) }, bench.wire.begun, bench.places.inventory)
        }

        #expect(kinds == [.cancelled, .cancelled, nil])
        #expect(begun == ["/1", "/2", "/4"])
        #expect(left == (0, 0))
    }

    @Test func `a call that fails before it is sent keeps no place`() async throws {
        let left = try await onLoop { loop in
            let bench = ConcurrencyBench(
                loop, Places(most: 1, queue: 10, wait: .seconds(20)), hopeless: ["/0", "/2", "/3"])
            try bench.begin("/0")
            for path in ["/1", "/2", "/3", "/4"] { try bench.begin(path) }
            bench.wire.end("/1")
            bench.wire.end("/4")
            #expect(bench.failure(of: "/2") == .internalError)
            #expect(bench.wire.begun == ["/1", "/4"])
            return bench.places.inventory
        }

        #expect(left == (0, 0))
    }

    @Test func `a place that one loop gives back goes to who waits on another`() async throws {
        let places = Places(most: 1, queue: 10, wait: .seconds(20))
        let began = Count()
        let there = try await onLoop { loop in
            let here = ConcurrencyBench(loop, places)
            try here.begin("/here")
            async let there = onLoop { other in
                let bench = ConcurrencyBench(other, places)
                try bench.begin("/there")
                try await other.waitUntil("it has a place") { bench.wire.begun == ["/there"] }
                bench.wire.end("/there")
                began.add()
                return bench.failure(of: "/there")
            }
            try await loop.waitUntil("the other waits") { places.inventory.waiting == 1 }
            #expect(began.value == 0)
            here.wire.end("/here")
            return try await there
        }

        #expect(there == nil)
        #expect(began.value == 1)
        #expect(places.inventory == (0, 0))
    }

    @Test func `many loops never have more than there are, and lose none`() async throws {
        let places = Places(most: 3, queue: 1000, wait: .seconds(20))
        let now = Count(), most = Most()

        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    try await onLoop { loop in
                        let bench = ConcurrencyBench(loop, places)
                        for number in 0..<200 { try bench.begin("/\(number)") }
                        var seen = 0
                        while seen < 200 {
                            try await loop.waitUntil("one begins") { bench.wire.begun.count > seen }
                            let level = now.add()
                            most.note(level)
                            await loop.sleep(until: loop.now)
                            now.add(-1)
                            bench.wire.end("/\(seen)")
                            seen += 1
                        }
                    }
                }
            }
            try await group.waitForAll()
        }

        #expect(most.value <= 3)
        #expect(places.inventory == (0, 0))
    }
}
