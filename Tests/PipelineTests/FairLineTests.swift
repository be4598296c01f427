// A line in which tenants take turns, and where each tenant is.

import Pipeline
import Testing

@Suite struct FairLineTests {
    private final class Waiter {
        let name: String
        init(_ name: String) { self.name = name }
    }

    private func line(_ names: (String, Int)...) -> FairLine {
        var line = FairLine()
        for (name, lane) in names { line.append(Waiter(name), lane: lane) }
        return line
    }

    private func all(_ line: inout FairLine) -> [String] {
        var names: [String] = []
        while let next = line.next() as? Waiter { names.append(next.name) }
        return names
    }

    @Test func `serves one of each lane in turn, of one lane in the order of arrival`() {
        var line = line(("a1", 7), ("a2", 7), ("a3", 7), ("b1", 2), ("a4", 7), ("b2", 2), ("c1", 1023))

        #expect(all(&line) == ["a1", "b1", "c1", "a2", "b2", "a3", "a4"])
        #expect(line.count == 0)
    }

    @Test func `whoever comes late waits for one of each other, not for all`() {
        var line = line(("a1", 0), ("a2", 0), ("a3", 0), ("a4", 0))
        _ = line.next()
        line.append(Waiter("b1"), lane: 1)

        #expect(all(&line) == ["a2", "b1", "a3", "a4"])
    }

    @Test func `passes over lanes that are not admitted, which keep their turn`() {
        var line = line(("a1", 0), ("b1", 1), ("b2", 1), ("c1", 2))

        let names = (0..<3).map { _ in (line.next { $0 != 0 } as? Waiter)?.name }
        let none = line.next { $0 > 2 }

        #expect(names == ["b1", "c1", "b2"])
        #expect(none == nil)
        #expect(all(&line) == ["a1"])
    }

    @Test func `knows who has most waiting, and can send away its last`() {
        var line = line(("a1", 0), ("b1", 1), ("b2", 1), ("b3", 1), ("c1", 2))

        let longest = line.longestLane
        let last = (line.removeLast(of: 1) as? Waiter)?.name
        let none = line.removeLast(of: 9)

        #expect(longest == 1)
        #expect(last == "b3")
        #expect(none == nil)
        #expect(line.count(in: 1) == 2)
        #expect(all(&line) == ["a1", "b1", "c1", "b2"])
    }

    @Test func `does what lists in turn would do`() {
        var random = FastRandom(seed: 5)
        var line = FairLine()
        var model: [(lane: Int, waiters: [Waiter])] = []

        for step in 0..<20_000 {
            let lane = Int.random(in: 0..<6, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0, 1:
                let waiter = Waiter("\(step)")
                line.append(waiter, lane: lane)
                if let place = model.firstIndex(where: { $0.lane == lane }) {
                    model[place].waiters.append(waiter)
                } else {
                    model.append((lane, [waiter]))
                }
            case 2, 3:
                let refused = Int.random(in: 0..<8, using: &random)
                let next = line.next { $0 != refused }
                let expected = model.firstIndex { $0.lane != refused }.map { place in
                    var entry = model.remove(at: place)
                    let first = entry.waiters.removeFirst()
                    if !entry.waiters.isEmpty { model.append(entry) }
                    return first
                }
                if next !== expected { Issue.record("step \(step)") }
            default:
                guard let place = model.firstIndex(where: { $0.lane == lane }) else { continue }
                let index = Int.random(in: 0..<model[place].waiters.count, using: &random)
                let waiter = model[place].waiters.remove(at: index)
                if model[place].waiters.isEmpty { model.remove(at: place) }
                if !line.remove(waiter, lane: lane) || line.remove(waiter, lane: lane) { Issue.record("step \(step)") }
            }
            if line.count != model.reduce(0, { $0 + $1.waiters.count }) { Issue.record("step \(step)") }
        }
    }
}

@Suite struct LanesTests {
    @Test func `are the same for a tenant whenever they are asked for`() {
        let tenant = "a0b1c2d3-4567-49ab-8def-0123456789ab"

        #expect(Lanes.lane(of: tenant) == Lanes.lane(of: String(tenant.reversed().reversed())))
        #expect(Principal(tenant: tenant, scopes: [], workspace: nil, credential: "k").lane == Lanes.lane(of: tenant))
    }

    @Test func `are evenly filled by names that differ little`() {
        var counts = [Int](repeating: 0, count: Lanes.count)
        for number in 0..<102_400 { counts[Lanes.lane(of: "tenant-\(number)")] += 1 }

        // A hundred each; five times its deviation away would be a fault of the hash.
        #expect(counts.allSatisfy { (50...150).contains($0) })
    }

    @Test func `count up and down`() {
        let counts = LaneCounts()

        let first = counts.add(5)
        let second = counts.add(5)
        counts.subtract(5)

        #expect([first, second, counts[5], counts[6]] == [1, 2, 1, 0])
    }
}
