// Refuses what is too much before any work worth more than a counter is spent on it.

internal import Pipeline
internal import Synchronization

/// How many requests the whole gateway works on, and how many of them are each tenant's. One for all loops.
///
/// When there are as many as may be, those of a tenant with less than a quarter of them are taken all the same, up to a quarter
/// more in all. So one tenant may fill the gateway, but not against another; and as long as both ask for more, each that
/// ends makes room for whoever has less.
final class InFlight: Sendable {
    private let count = Atomic<Int>(0)
    private let most: Atomic<Int>
    private let byLane = LaneCounts()
    let shed = ShedCounts()

    init(most: Int) {
        self.most = Atomic(most)
    }

    /// What is too many from now on.
    func allow(_ most: Int) { self.most.store(most, ordering: .relaxed) }

    var current: Int { count.load(ordering: .relaxed) }

    /// Counts one more, unless there are too many whosever they are.
    func enter() -> Bool {
        let most = most.load(ordering: .relaxed)
        if count.wrappingAdd(1, ordering: .relaxed).newValue <= most + Self.share(of: most) { return true }
        leave()
        return false
    }

    func leave() {
        count.wrappingSubtract(1, ordering: .relaxed)
    }

    /// Counts one that has entered as its tenant's, unless the tenant has its share of too many.
    func enter(_ lane: Int) -> Bool {
        let mine = byLane.add(lane), most = most.load(ordering: .relaxed)
        if count.load(ordering: .relaxed) <= most || mine <= Self.share(of: most) { return true }
        leave(lane)
        return false
    }

    func leave(_ lane: Int) { byLane.subtract(lane) }

    private static func share(of most: Int) -> Int { max(1, most / 4) }
}

/// Requests that were refused since the start, by what was too much.
final class ShedCounts: Sendable {
    enum Reason: String, CaseIterable {
        /// Requests in flight.
        case inFlight = "in_flight"
        /// Those of one tenant, while there are too many.
        case share
        /// What a loop has to do.
        case lag
    }

    private let inFlight = Atomic<Int>(0)
    private let share = Atomic<Int>(0)
    private let lag = Atomic<Int>(0)

    subscript(reason: Reason) -> Int {
        switch reason {
        case .inFlight: inFlight.load(ordering: .relaxed)
        case .share: share.load(ordering: .relaxed)
        case .lag: lag.load(ordering: .relaxed)
        }
    }

    fileprivate func count(_ reason: Reason) {
        switch reason {
        case .inFlight: inFlight.wrappingAdd(1, ordering: .relaxed)
        case .share: share.wrappingAdd(1, ordering: .relaxed)
        case .lag: lag.wrappingAdd(1, ordering: .relaxed)
        }
    }
}

/// `limits.inFlight` and `limits.lag`.
struct Shedding: Layer {
    let inFlight: InFlight
    /// Of the loop that this is on, and of those that the requests come from.
    let lags: [LoopLag]

    func answer(_ request: Request, next: any Service<Request, Response>) async throws(Failure) -> Response {
        // What is refused costs little: so a loop that is behind catches up.
        for lag in lags where lag.isTooMuch {
            inFlight.shed.count(.lag)
            throw Failure(.overloaded, .gateway, "A loop is behind with its work.")
        }
        guard inFlight.enter() else {
            inFlight.shed.count(.inFlight)
            throw Failure(.overloaded, .gateway, "More requests are in flight than the gateway takes.")
        }
        defer { inFlight.leave() }
        return try await next.answer(request)
    }
}

/// What of `limits.inFlight` a tenant may have.
struct Shares: Layer {
    let inFlight: InFlight

    func answer(_ request: Request, next: any Service<Request, Response>) async throws(Failure) -> Response {
        guard let lane = request.principal?.lane else {
            throw Failure(.internalError, .gateway, "A request came to its tenant's share without being authenticated.")
        }
        guard inFlight.enter(lane) else {
            inFlight.shed.count(.share)
            throw Failure(.overloaded, .gateway, "The gateway is full, and the tenant has its share of it.")
        }
        defer { inFlight.leave(lane) }
        return try await next.answer(request)
    }
}

/// What the edge refused goes no further; it came this far to be answered, counted and logged like all else.
struct Refusals: Layer {
    func answer(_ request: Request, next: any Service<Request, Response>) async throws(Failure) -> Response {
        if let failure = request.refused { throw failure }
        return try await next.answer(request)
    }
}
