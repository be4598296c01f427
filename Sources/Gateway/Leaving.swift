// How far the gateway is with leaving, and what came in meanwhile. That is counted so that the log can say whether the
// balancers had understood: what still comes when the time of `/readyz` is over might as well have been refused.

internal import Pipeline
internal import Synchronization

/// What became of requests while a gateway left.
package struct Departure: Sendable, Equatable {
    /// How many came while `/readyz` said no and connections were still accepted.
    package var whileNotReady = 0
    /// How many came later, on connections that were still open.
    package var whileFinishing = 0
    /// How many were given up when the time was over, with a 503.
    package var cut = 0

    package init() {}
}

/// One for the whole gateway. As long as it serves, a request costs one load of what nobody writes.
final class Leaving: Sendable {
    enum Phase: UInt8, AtomicRepresentable {
        case serving
        /// `/readyz` says no, and connections are still accepted.
        case notReady
        /// What runs has time to end.
        case finishing
        /// The time is over. Tasks that are cancelled now are so because of that, not because their clients left.
        case over
    }

    private let phase = Atomic<Phase>(.serving)
    private let whileNotReady = Atomic<Int>(0)
    private let whileFinishing = Atomic<Int>(0)

    var isOver: Bool { phase.load(ordering: .relaxed) == .over }

    func begin(_ next: Phase) { phase.store(next, ordering: .relaxed) }

    /// A client's request came.
    func count() {
        switch phase.load(ordering: .relaxed) {
        case .serving: break
        case .notReady: whileNotReady.wrappingAdd(1, ordering: .relaxed)
        case .finishing, .over: whileFinishing.wrappingAdd(1, ordering: .relaxed)
        }
    }

    func departure(cut: Int) -> Departure {
        var departure = Departure()
        departure.whileNotReady = whileNotReady.load(ordering: .relaxed)
        departure.whileFinishing = whileFinishing.load(ordering: .relaxed)
        departure.cut = cut
        return departure
    }
}
