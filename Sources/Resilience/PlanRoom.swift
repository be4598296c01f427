// Whether a plan that begins now would find places for its first calls.
//
// A limit that refuses what is too much at one moment would turn a burst into errors that a wait of a few milliseconds
// avoids. So plans wait in front of it, where they wait in order and cost nothing, and the limit is left for what comes
// all the same.

/// The first calls of one route's plan, on one loop.
package struct PlanRoom: Sendable {
    /// How often is looked at least whether there is room: places become free on other loops too.
    package static let window = Duration.milliseconds(10)

    private let needs: [(places: Places, calls: Int)]
    /// Plans that were let in and have not begun their calls.
    private var onTheirWay = 0

    /// - Parameter needs: how many calls a plan begins with, by upstream.
    package init(_ needs: [(places: Places, calls: Int)]) {
        self.needs = needs
    }

    /// Whether another plan of a lane may begin. If so, it is counted until `began`.
    package mutating func admits(_ lane: Int = 0) -> Bool {
        for need in needs {
            // More than there are it cannot have; then it begins when it has all for itself.
            let calls = min(need.calls, need.places.limit)
            guard need.places.hasRoom(for: calls * (onTheirWay + 1), lane: lane) else { return false }
        }
        onTheirWay += 1
        return true
    }

    /// A plan that was let in begins its calls, before anything else happens on this loop.
    package mutating func began() {
        onTheirWay -= 1
    }

    package mutating func ended(_ lane: Int) {}

    package mutating func watched(asleep: Double, waiting: Int) {}
}
