// What one loop remembers of the requests that it answered, for the operator's page. Loops never meet here: whoever wants to
// know asks each of them.

package import Pipeline

/// Counts of the last minutes and the requests worth a look. Used on its loop's thread only.
///
/// A request costs some additions and two comparisons; only one that is kept costs memory.
package final class LoopTraffic {
    /// Slots of the whole: five minutes of them are drawn.
    package static let history = 60
    /// Slots of each route, part and upstream: a minute, and the slot that is being filled.
    package static let window = 12

    private struct Route {
        let name: String
        var requests = RecentTraffic(slots: LoopTraffic.window + 1)
        var parts: [RecentTraffic]
        /// By part: its upstream's place in `upstreams`.
        let upstreams: [Int]
    }

    /// When the process began to count; the same for all loops.
    private let start: ContinuousClock.Instant
    private var whole = RecentTraffic(slots: LoopTraffic.history + 1)
    private var routes: [Route] = []
    private var upstreams: [(name: String, attempts: RecentTraffic)] = []
    private var addresses = EndpointNames([:])
    private var remembered = RememberedRequests()
    private let explained: SharedCount

    /// - Parameter explained: how many explained requests all loops keep.
    package init(since start: ContinuousClock.Instant, explained: SharedCount) {
        self.start = start
        self.explained = explained
    }

    /// What there is to count from now on. Counts of what is called the same go on.
    /// - Parameter routes: the names of each, and of its parts' upstreams in the plan's order.
    package func follow(_ routes: [(name: String, upstreams: [String])], addresses: EndpointNames) {
        self.addresses = addresses
        let names = addresses.byUpstream.keys.sorted()
        let empty = RecentTraffic(slots: Self.window + 1)
        upstreams = names.map { name in
            (name, self.upstreams.first { $0.name == name }?.attempts ?? empty)
        }
        self.routes = routes.map { route in
            let known = self.routes.first { $0.name == route.name }
            let parts =
                known.flatMap { $0.parts.count == route.upstreams.count ? $0.parts : nil }
                ?? Array(repeating: empty, count: route.upstreams.count)
            return Route(
                name: route.name, requests: known?.requests ?? empty, parts: parts,
                upstreams: route.upstreams.map { names.firstIndex(of: $0) ?? 0 })
        }
    }

    /// A request was answered.
    /// - Parameters:
    ///   - response: nil: its client left.
    ///   - isExplained: its waterfall was promised to the client.
    package func note(
        _ request: Request, _ record: RequestRecord, response: Response?, isExplained: Bool,
        at now: ContinuousClock.Instant
    ) {
        let total = request.arrived.duration(to: now).microseconds
        let age = start.duration(to: now)
        let slot = RecentTraffic.number(of: age)
        let status = response?.status ?? AccessLogLine.clientGone
        whole.add(slot) { $0.count(total, status, record.failure?.kind) }
        if let route = routes.firstIndex(where: { $0.name == record.route }) {
            routes[route].requests.add(slot) { $0.count(total, status, record.failure?.kind) }
            count(record, of: route, slot)
        }
        let isFailed = status >= 500 || status == 200 && record.parts.contains(where: \.outcome.isWanting)
        let isSlow = remembered.isSlow(total, sharedWith: record.coalescedWith, in: age.components.seconds / 60)
        guard isFailed || isSlow || isExplained else { return }
        let told = ToldRequest(request, record, response: response, addresses: addresses, at: now)
        if isFailed { remembered.keep(failed: told) }
        if isSlow { remembered.keep(slow: told) }
        if isExplained, remembered.keep(explained: told) { explained.add() }
    }

    private func count(_ record: RequestRecord, of route: Int, _ slot: Int64) {
        for part in record.parts where routes[route].parts.indices.contains(part.place) {
            routes[route].parts[part.place].add(slot) {
                $0.count += 1
                if let failure = part.outcome.failure { $0.failures[failure, default: 0] += 1 }
                if part.attempts > 0 { $0.times.add(microseconds: part.started.duration(to: part.ended).microseconds) }
            }
        }
        for attempt in record.attempts where routes[route].upstreams.indices.contains(Int(attempt.part)) {
            upstreams[routes[route].upstreams[Int(attempt.part)]].attempts.add(slot) {
                $0.count += 1
                if attempt.number > 1 { $0.repetitions += 1 }
                if let failure = attempt.failure, failure != .cancelled { $0.failures[failure, default: 0] += 1 }
                if let begun = attempt.begun { $0.times.add(microseconds: Int64(attempt.ended) - Int64(begun)) }
            }
        }
    }

    /// All of it, as it is now.
    package func snapshot(at now: ContinuousClock.Instant) -> TrafficSnapshot {
        let age = start.duration(to: now)
        let slot = RecentTraffic.number(of: age)
        var snapshot = TrafficSnapshot()
        // The slot that is being filled would make every rate look too low.
        snapshot.history = whole.last(Self.history, upTo: slot - 1)
        snapshot.routes = routes.reduce(into: [:]) { all, route in
            all[route.name] = TrafficSnapshot.Route(
                requests: route.requests.sum(Self.window, upTo: slot),
                parts: route.parts.map { $0.sum(Self.window, upTo: slot) })
        }
        snapshot.upstreams = upstreams.reduce(into: [:]) { $0[$1.name] = $1.attempts.sum(Self.window, upTo: slot) }
        snapshot.whole = whole.sum(Self.window, upTo: slot)
        // The slot that is being filled, and those before it; less if it has not run so long.
        let counted = RecentTraffic.slot * (Self.window - 1) + (age - RecentTraffic.slot * Int(slot))
        snapshot.seconds = max(1, Double(min(counted, age).microseconds) / 1e6)
        snapshot.failed = remembered.lastFailed
        snapshot.slow = remembered.slowest(upTo: age.components.seconds / 60)
        return snapshot
    }

    /// The newest request of that id that is kept.
    package func find(_ id: String) -> ToldRequest? { remembered.find(id) }
}

extension TrafficCounts {
    fileprivate mutating func count(_ total: Int64, _ status: Int, _ failure: Failure.Kind?) {
        count += 1
        times.add(microseconds: total)
        if status >= 400 {
            if status < 500 { clientErrors += 1 } else { serverErrors += 1 }
        }
        if let failure, status >= 500 || failure == .clientGone { failures[failure, default: 0] += 1 }
    }
}

/// What loops remember at one moment, one of them or all together.
package struct TrafficSnapshot: Sendable {
    package struct Route: Sendable {
        package var requests = TrafficCounts()
        /// In the plan's order.
        package var parts: [TrafficCounts] = []

        package init(requests: TrafficCounts = TrafficCounts(), parts: [TrafficCounts] = []) {
            self.requests = requests
            self.parts = parts
        }
    }

    /// All requests of the last minute, and how many seconds of it were counted.
    package var whole = TrafficCounts()
    package var seconds = 60.0
    /// By slot, the oldest first.
    package var history: [TrafficCounts] = []
    package var routes: [String: Route] = [:]
    /// Attempts at each.
    package var upstreams: [String: TrafficCounts] = [:]
    /// Newest first.
    package var failed: [ToldRequest] = []
    /// In no order.
    package var slow: [ToldRequest] = []

    package init() {}

    /// Adds what another loop remembers.
    package mutating func add(_ other: TrafficSnapshot) {
        whole.add(other.whole)
        seconds = other.seconds
        if history.isEmpty { history = other.history.map { _ in TrafficCounts() } }
        for (index, counts) in other.history.enumerated() where history.indices.contains(index) {
            history[index].add(counts)
        }
        for (name, route) in other.routes {
            var sum = routes[name] ?? Route(parts: route.parts.map { _ in TrafficCounts() })
            sum.requests.add(route.requests)
            for (index, part) in route.parts.enumerated() where sum.parts.indices.contains(index) {
                sum.parts[index].add(part)
            }
            routes[name] = sum
        }
        for (name, counts) in other.upstreams { upstreams[name, default: TrafficCounts()].add(counts) }
        failed = (failed + other.failed).sorted { $0.at > $1.at }
        slow += other.slow
    }
}
