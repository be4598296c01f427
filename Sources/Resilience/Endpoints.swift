// What is known of an upstream's endpoints, one for the whole process.
//
// As long as all is well a call costs a few relaxed atomic operations here, and no lock. A failure takes the lock, and so do
// calls while an endpoint is out or a circuit not closed: then there are fewer of them than an upstream can bear anyway.

internal import Pipeline
internal import Synchronization

/// The endpoints of one upstream: who may be asked, who has least to do. May be used from any thread.
package final class Endpoints: Sendable {
    /// To whom a call goes.
    enum Choice {
        case endpoint(Int, ticket: Int)
        /// Circuits are open, for so long at least.
        case noCircuit(Duration)
        /// None is healthy.
        case none
        /// All that may be asked have as many calls as they may have.
        case full
    }

    private final class Endpoint: Sendable {
        let inFlight = Atomic<Int>(0)
        /// Calls that succeeded and that the rules have not been told of.
        let successes = Atomic<Int>(0)
        /// Whether the last call failed that told anything.
        let hasFailed = Atomic<Bool>(false)
    }

    private struct State {
        var rules: EndpointRules
        var random = FastRandom()
        var handedOver: ContinuousClock.Instant?
    }

    /// How many there are.
    package let count: Int
    /// How long a loop may keep what it counted to itself.
    let handOverEvery: Duration
    private let all: [Endpoint]
    private let most: Int
    private let isQuiet = Atomic<Bool>(true)
    private let state: Mutex<State>
    private let tell: @Sendable (EndpointEvent) -> Void

    /// - Parameter tell: called when a verdict changes, on any thread.
    package init(_ limits: EndpointLimits, tell: @escaping @Sendable (EndpointEvent) -> Void = { _ in }) {
        precondition((1...EndpointSet.most).contains(limits.endpoints), "An upstream has 1 to 64 endpoints.")
        count = limits.endpoints
        most = limits.calls ?? .max
        all = (0..<count).map { _ in Endpoint() }
        handOverEvery = limits.circuit.window / RecentCounts.parts
        state = Mutex(State(rules: EndpointRules(limits)))
        self.tell = tell
    }

    /// Calls in flight at each, counted only where there are several.
    package var inFlight: [Int] { all.map { $0.inFlight.load(ordering: .relaxed) } }

    /// How each is judged. Takes the lock that failures take, so it is for operators, not for each call.
    package func reports(at now: ContinuousClock.Instant) -> [EndpointReport] {
        let inFlight = inFlight
        return state.withLock { state in
            all.indices.map { endpoint in
                var report = state.rules.report(endpoint, at: now)
                report.inFlight = inFlight[endpoint]
                return report
            }
        }
    }

    /// Whether another than these may be asked now.
    func hasOther(than tried: EndpointSet, at now: ContinuousClock.Instant) -> Bool {
        guard count > 1 else { return false }
        if isQuiet.load(ordering: .relaxed) { return tried.count < count }
        guard case .some(let usable) = state.withLock({ $0.rules.usable(for: nil, at: now) }) else { return false }
        return !usable.subtracting(tried).isEmpty
    }

    /// Chooses of two drawn at random the one with fewer calls: nearly as even as asking all, and none that has just become
    /// free is stormed. Those tried already come last.
    /// - Parameters:
    ///   - asker: whose call it is.
    ///   - unfit: those that are not to be asked, rather nobody.
    func choose(
        for asker: ObjectIdentifier? = nil, avoiding tried: EndpointSet, never unfit: EndpointSet = EndpointSet(),
        at now: ContinuousClock.Instant, using random: inout FastRandom
    ) -> Choice {
        if isQuiet.load(ordering: .relaxed) {
            guard count > 1 else { return .endpoint(0, ticket: 0) }
            let fit = EndpointSet(first: count).subtracting(unfit)
            guard !fit.isEmpty else { return .none }
            if let place = pick(fit, avoiding: tried, &random) { return .endpoint(place, ticket: 0) }
            // There are places for no more calls than all have together, so one has room, though each look came a moment
            // too early or too late.
            guard unfit.isEmpty else { return .full }
            let place = preferred(fit, &random)
            all[place].inFlight.wrappingAdd(1, ordering: .relaxed)
            return .endpoint(place, ticket: 0)
        }
        return state.withLock { state in
            isQuiet.store(state.rules.isQuiet(at: now), ordering: .relaxed)
            switch state.rules.usable(for: asker, at: now) {
            case .none: return .none
            case .noCircuit(let wait): return .noCircuit(wait)
            case .some(let all):
                let usable = all.subtracting(unfit)
                guard !usable.isEmpty else { return .none }
                guard let place = pick(usable, avoiding: tried, &random) else { return .full }
                return .endpoint(place, ticket: state.rules.admit(asker, to: place, at: now))
            }
        }
    }

    /// An attempt ended that `choose` found an endpoint for.
    func ended(_ attempt: Attempt, at now: ContinuousClock.Instant) {
        let endpoint = all[attempt.endpoint]
        if count > 1 { endpoint.inFlight.wrappingSubtract(1, ordering: .relaxed) }
        if attempt.ticket == 0 {
            switch attempt.verdict {
            case .untold: return
            case .succeeded where !endpoint.hasFailed.load(ordering: .relaxed):
                endpoint.successes.wrappingAdd(1, ordering: .relaxed)
                return
            default: break
            }
        }
        let changes = state.withLock { state in
            handOver(attempt.endpoint, &state, at: now)
            let changes = state.rules.ended(attempt, at: now, using: &state.random)
            if attempt.verdict != .untold {
                endpoint.hasFailed.store(attempt.verdict != .succeeded, ordering: .relaxed)
            }
            isQuiet.store(state.rules.isQuiet(at: now), ordering: .relaxed)
            return changes
        }
        for what in changes { tell(EndpointEvent(what: what, endpoint: attempt.endpoint)) }
    }

    /// Tells the rules what succeeded. Each loop that calls does this about once in `handOverEvery`.
    func handOver(at now: ContinuousClock.Instant) {
        state.withLock { state in
            for endpoint in all.indices { handOver(endpoint, &state, at: now) }
            state.handedOver = now
        }
    }

    /// An active check was answered, or not.
    package func checked(_ endpoint: Int, isGood: Bool, at now: ContinuousClock.Instant) {
        let changes = state.withLock { state in
            let changes = state.rules.checked(endpoint, isGood: isGood)
            isQuiet.store(state.rules.isQuiet(at: now), ordering: .relaxed)
            return changes
        }
        for what in changes { tell(EndpointEvent(what: what, endpoint: endpoint)) }
    }

    private func handOver(_ endpoint: Int, _ state: inout State, at now: ContinuousClock.Instant) {
        let count = all[endpoint].successes.exchange(0, ordering: .relaxed)
        // What was counted by loops that then had nothing to do was not counted just now.
        let counted = state.handedOver.map { min(now, $0 + handOverEvery) } ?? now
        state.rules.succeeded(endpoint, count, at: counted)
    }

    /// One of `usable` with room for a call, which is counted there. Nil: none has room.
    private func pick(_ usable: EndpointSet, avoiding tried: EndpointSet, _ random: inout FastRandom) -> Int? {
        guard count > 1 else { return 0 }
        // Who was tried already is better than nobody.
        let fresh = usable.subtracting(tried)
        return pick(from: fresh, &random) ?? pick(from: usable.subtracting(fresh), &random)
    }

    private func pick(from usable: EndpointSet, _ random: inout FastRandom) -> Int? {
        var left = usable
        while !left.isEmpty {
            let place = preferred(left, &random)
            if all[place].inFlight.wrappingAdd(1, ordering: .relaxed).newValue <= most { return place }
            all[place].inFlight.wrappingSubtract(1, ordering: .relaxed)
            left.remove(place)
        }
        return nil
    }

    /// Of two drawn at random the one with fewer calls.
    private func preferred(_ usable: EndpointSet, _ random: inout FastRandom) -> Int {
        let count = usable.count
        guard count > 1 else { return usable[0] }
        let one = Int.random(in: 0..<count, using: &random)
        let other = (one + Int.random(in: 1..<count, using: &random)) % count
        let here = all[usable[one]].inFlight.load(ordering: .relaxed)
        return usable[here <= all[usable[other]].inFlight.load(ordering: .relaxed) ? one : other]
    }
}
