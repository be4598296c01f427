// Refuses what is too much before any work worth more than a counter is spent on it.

internal import Pipeline
internal import Synchronization

/// How many requests the whole gateway works on. One counter for all loops.
final class InFlight: Sendable {
    private let count = Atomic<Int>(0)
    private let most: Atomic<Int>

    init(most: Int) {
        self.most = Atomic(most)
    }

    /// What is too many from now on.
    func allow(_ most: Int) { self.most.store(most, ordering: .relaxed) }

    var current: Int { count.load(ordering: .relaxed) }

    /// Counts one more, unless there are too many.
    func enter() -> Bool {
        if count.wrappingAdd(1, ordering: .relaxed).newValue <= most.load(ordering: .relaxed) { return true }
        leave()
        return false
    }

    func leave() {
        count.wrappingSubtract(1, ordering: .relaxed)
    }
}

/// `limits.inFlight`.
struct Shedding: Layer {
    let inFlight: InFlight

    func answer(_ request: Request, next: any Service<Request, Response>) async throws(Failure) -> Response {
        guard inFlight.enter() else {
            throw Failure(.overloaded, .gateway, "More requests are in flight than the gateway takes.")
        }
        defer { inFlight.leave() }
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
