// How many plans one fan-out loop works on at once.
//
// More than a few at once buy nothing when upstreams are fast: the same work is done with more connections and colder
// caches. When upstreams are slow, any fixed number throttles. So the number is not fixed: beyond a few, a plan is let in
// whenever the loop has nothing else to do. A loop that waits for its upstreams fills up to what they can take; a busy one
// finishes what it has before it begins more.

/// The rule of a loop's plans in flight. Waiting plans are let in in the order they came.
package struct PlanLimit: Sendable {
    /// As many may always be in flight. Measured: below eight a loop runs dry between two passes, above some thirty two it
    /// costs a tenth more a request.
    package static let always = 16

    package private(set) var inFlight = 0

    package init() {}

    /// Whether a plan that arrives now may begin. If so, it is counted.
    package mutating func admitsArrival(waiting: Int) -> Bool {
        guard waiting == 0, inFlight < Self.always else { return false }
        inFlight += 1
        return true
    }

    /// Whether the plan that waits longest may begin because the loop is idle. If so, it is counted.
    package mutating func admitsWhenIdle(waiting: Int) -> Bool {
        guard waiting > 0 else { return false }
        inFlight += 1
        return true
    }

    /// A plan ended. Says whether the one that waits longest takes its place; if so, that one is counted.
    package mutating func ended(waiting: Int) -> Bool {
        inFlight -= 1
        guard waiting > 0, inFlight < Self.always else { return false }
        inFlight += 1
        return true
    }
}
