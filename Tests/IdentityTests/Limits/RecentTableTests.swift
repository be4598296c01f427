// A table that forgets what was not looked up for longest.

import Pipeline
import Testing

@testable import Identity

@Suite struct RecentTableTests {
    @Test func `keeps what was used last`() {
        var table = RecentTable<String, Int>(most: 2)

        table.use("a", new: 1) { _ in }
        table.use("b", new: 2) { _ in }
        table.use("a", new: 0) { $0 += 10 }
        table.use("c", new: 3) { _ in }

        #expect(table.peek("a") == 11)
        #expect(table.peek("b") == nil)
        #expect(table.peek("c") == 3)
        #expect(table.count == 2)
    }

    @Test func `keeps one at least`() {
        var table = RecentTable<Int, Int>(most: 1)

        for key in 0..<10 { table.use(key, new: key) { _ in } }

        #expect(table.peek(9) == 9)
        #expect(table.count == 1)
    }

    @Test func `does what a list in order of use would do`() {
        var random = FastRandom(seed: 11)
        var table = RecentTable<Int, Int>(most: 7)
        var model: [(key: Int, value: Int)] = []

        for step in 0..<20_000 {
            let key = Int.random(in: 0..<12, using: &random)
            table.use(key, new: step) { $0 += 1 }
            let known = model.firstIndex { $0.key == key }.map { model.remove(at: $0) }
            if known == nil, model.count == 7 { model.removeFirst() }
            model.append((key, (known?.value ?? step) + 1))

            for (key, value) in model where table.peek(key) != value { Issue.record("\(key) after step \(step)") }
            if table.count != model.count { Issue.record("\(table.count) entries after step \(step)") }
        }
    }
}

@Suite struct BucketsTests {
    private let start = ContinuousClock.now

    @Test func `are one for each key`() {
        let buckets = Buckets<String>(most: 1000)
        let rate = Rate(perSecond: 1, burst: 1)

        let waits = ["a", "b", "a", "b"].map { buckets.take($0, rate, at: start) }

        #expect(waits == [nil, nil, .seconds(1), .seconds(1)])
    }

    @Test func `are as many as there may be, whoever comes`() {
        let buckets = Buckets<Int>(most: 4096)
        let rate = Rate(perSecond: 1, burst: 1)

        for tenant in 0..<1_000_000 { _ = buckets.take(tenant, rate, at: start) }

        #expect(buckets.count <= 4096)
        #expect(buckets.take(999_999, rate, at: start) == .seconds(1))
    }

    @Test func `count together what several threads take`() async {
        let buckets = Buckets<String>(most: 100)
        let rate = Rate(perSecond: 1, burst: 1000)

        let taken = await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask { [start] in
                    (0..<500).count { _ in buckets.take("t", rate, at: start) == nil }
                }
            }
            return await group.reduce(0, +)
        }

        #expect(taken == 1000)
    }
}
