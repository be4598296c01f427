// Who waits, in an order that is fair between tenants: each in turn gets one in, and of one tenant's the first first. Whoever
// has a thousand waiting delays a tenant with one waiting by one.

/// Waiters by lane. Takes memory only where somebody waits, and keeps it for the next time.
///
/// Of any class, and not generic: every request of a busy loop stands here once, and the compiler does not specialise what
/// another target owns. Measured: 2 % of a request.
package struct FairLine {
    package typealias Waiter = AnyObject

    private struct Place {
        var waiter: Waiter?
        /// Neighbours in the lane, or the next free place; -1: none.
        var next = -1
        var previous = -1
    }

    private struct LaneEnds {
        var first = -1
        var last = -1
        var count = 0
        /// Neighbours among the lanes in which somebody waits.
        var next = -1
        var previous = -1
    }

    package private(set) var count = 0
    private var places: [Place] = []
    private var free = -1
    /// By number; grown up to the highest in which somebody ever waited.
    private var lanes: [LaneEnds] = []
    /// Whose turn is next, and whose last.
    private var nextLane = -1
    private var lastLane = -1

    package init() {}

    /// How many wait in `lane`.
    package func count(in lane: Int) -> Int {
        lane < lanes.count ? lanes[lane].count : 0
    }

    /// Of the lanes in which somebody waits the one with most; nil: nobody waits.
    package var longestLane: Int? {
        var longest: Int?
        var lane = nextLane
        while lane >= 0 {
            if longest.map({ lanes[$0].count < lanes[lane].count }) ?? true { longest = lane }
            lane = lanes[lane].next
        }
        return longest
    }

    /// Puts one at the end of its lane.
    package mutating func append(_ waiter: Waiter, lane: Int) {
        while lanes.count <= lane { lanes.append(LaneEnds()) }
        if lanes[lane].count == 0 { linkLane(lane) }
        let place = take(waiter)
        let last = lanes[lane].last
        places[place].previous = last
        if last >= 0 { places[last].next = place } else { lanes[lane].first = place }
        lanes[lane].last = place
        lanes[lane].count += 1
        count += 1
    }

    /// Takes out who has waited longest in the first lane, in the order of turns, that is admitted. Its next turn comes when
    /// all others had theirs. Nil: nobody waits who is.
    package mutating func next(where admits: (Int) -> Bool = { _ in true }) -> Waiter? {
        var lane = nextLane
        while lane >= 0 {
            if admits(lane) {
                let waiter = remove(lanes[lane].first, from: lane)
                if lanes[lane].count > 0 {
                    unlinkLane(lane)
                    linkLane(lane)
                }
                return waiter
            }
            lane = lanes[lane].next
        }
        return nil
    }

    /// Takes one out before its turn. False: it is not there any more.
    package mutating func remove(_ waiter: Waiter, lane: Int) -> Bool {
        guard lane < lanes.count else { return false }
        // Waits end nearly in the order they began, so this is mostly the first.
        var place = lanes[lane].first
        while place >= 0, places[place].waiter !== waiter { place = places[place].next }
        return place >= 0 && remove(place, from: lane) != nil
    }

    /// Takes out who came last of a lane.
    package mutating func removeLast(of lane: Int) -> Waiter? {
        count(in: lane) > 0 ? remove(lanes[lane].last, from: lane) : nil
    }

    private mutating func remove(_ place: Int, from lane: Int) -> Waiter? {
        let next = places[place].next, previous = places[place].previous
        if previous >= 0 { places[previous].next = next } else { lanes[lane].first = next }
        if next >= 0 { places[next].previous = previous } else { lanes[lane].last = previous }
        lanes[lane].count -= 1
        count -= 1
        if lanes[lane].count == 0 { unlinkLane(lane) }
        defer {
            places[place] = Place(next: free)
            free = place
        }
        return places[place].waiter
    }

    private mutating func take(_ waiter: Waiter) -> Int {
        guard free >= 0 else {
            places.append(Place(waiter: waiter))
            return places.count - 1
        }
        let place = free
        free = places[place].next
        places[place] = Place(waiter: waiter)
        return place
    }

    private mutating func linkLane(_ lane: Int) {
        lanes[lane].previous = lastLane
        lanes[lane].next = -1
        if lastLane >= 0 { lanes[lastLane].next = lane } else { nextLane = lane }
        lastLane = lane
    }

    private mutating func unlinkLane(_ lane: Int) {
        let next = lanes[lane].next, previous = lanes[lane].previous
        if previous >= 0 { lanes[previous].next = next } else { nextLane = next }
        if next >= 0 { lanes[next].previous = previous } else { lastLane = previous }
    }
}
