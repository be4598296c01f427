// What a route's calls can cost: how many there are, and how long they take when everything goes wrong.

/// The worst of a route, and what an operator should know of it.
package struct PlanCost: Sendable, Equatable {
    /// One part of the slowest chain.
    package struct Step: Sendable, Equatable {
        package let part: String
        /// Its first attempt's time.
        package let attempt: Duration
        /// What trying again adds: further attempts, the waits before them, connecting in vain.
        package let again: Duration
    }

    /// Calls that an answer needs at least: those that wait for none. A call with a null in its path is not made.
    package let leastCalls: Int
    /// One for each part.
    package let usualCalls: Int
    /// With retries and hedges.
    package let mostCalls: Int
    package let deadline: Duration
    /// The chain that takes longest if all that may be tried again is, and takes all its time.
    package let slowest: [Step]

    /// What that chain takes.
    package var retriedTime: Duration { slowest.reduce(.zero) { $0 + $1.attempt + $1.again } }
    /// When an answer is there at the latest: no call outlives the deadline.
    package var worstTime: Duration { min(deadline, retriedTime) }

    package var warnings: [String] {
        guard retriedTime > deadline else { return [] }
        return [
            "with every retry the longest path takes \(retriedTime.written); the deadline of \(deadline.written) "
                + "cuts the last ones off"
        ]
    }

    package init(_ route: RouteSettings, _ graph: PlanGraph, upstreams: [UpstreamSettings]) {
        leastCalls = graph.parts.count { $0.level == 0 }
        usualCalls = graph.parts.count
        mostCalls = route.upstreamCalls
        deadline = route.deadline
        let spare = max(0, route.upstreamCalls - graph.parts.count)
        let chains = graph.parts.map { Self.chain(to: $0, of: graph, upstreams, spare: spare) }
        slowest = chains.reduce([]) { Self.time($1) > Self.time($0) ? $1 : $0 }
    }

    /// The slowest chain that ends with `part` and makes no more than `spare` calls besides the first of each part. Never
    /// endless: a graph has no circles.
    private static func chain(
        to part: PlanGraph.Part, of graph: PlanGraph, _ upstreams: [UpstreamSettings], spare: Int
    ) -> [Step] {
        let before = graph.parts.filter { part.waitsFor.contains($0.name) }
        let extras = upstreams.first { $0.name == part.upstream }.map(\.furtherTries) ?? []
        var slowest: [Step] = []
        for own in 0...min(spare, extras.count) {
            let step = Step(
                part: part.name, attempt: part.attempt, again: extras.prefix(own).reduce(.zero, +))
            let chains = before.map { chain(to: $0, of: graph, upstreams, spare: spare - own) }
            let longest = chains.reduce([]) { time($1) > time($0) ? $1 : $0 } + [step]
            if time(longest) > time(slowest) { slowest = longest }
        }
        return slowest
    }

    private static func time(_ chain: [Step]) -> Duration {
        chain.reduce(.zero) { $0 + $1.attempt + $1.again }
    }
}

extension UpstreamSettings {
    /// What each further try of a call can take, those first that take longest and can come first: another attempt with the
    /// wait before it, or connecting in vain to an endpoint before the next is tried.
    fileprivate var furtherTries: [Duration] {
        guard retries.attempts > 0 else { return [] }
        var wait = retries.backoffBase
        var tries: [Duration] = []
        for _ in 0..<retries.attempts {
            tries.append(min(wait, retries.backoffCap) + timeouts.attempt)
            if wait < retries.backoffCap { wait *= 2 }
        }
        return tries
            + Array(repeating: min(timeouts.connect, timeouts.attempt), count: max(0, endpoints.count - 1))
    }
}
