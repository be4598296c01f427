// What comes in while the gateway leaves. It is counted so that the log can say whether the balancers had understood: what
// still arrives when the time of `/readyz` is over would have been refused.

internal import Pipeline
internal import Synchronization

/// What became of requests while a gateway left.
package struct Departure: Sendable, Equatable {
    /// How many came while `/readyz` said no and connections were still accepted.
    package var whileNotReady = 0
    /// How many came later, on connections that were still open.
    package var whileFinishing = 0
    /// How many were not answered when the time was over.
    package var cut = 0

    package init() {}
}

/// Counts the requests of clients once the gateway leaves. Before, a request costs one load of what nobody writes.
final class Arrivals: Sendable {
    enum Phase: UInt8, AtomicRepresentable {
        case serving, notReady, finishing
    }

    private let phase = Atomic<Phase>(.serving)
    private let whileNotReady = Atomic<Int>(0)
    private let whileFinishing = Atomic<Int>(0)

    func begin(_ next: Phase) { phase.store(next, ordering: .relaxed) }

    func count() {
        switch phase.load(ordering: .relaxed) {
        case .serving: break
        case .notReady: whileNotReady.wrappingAdd(1, ordering: .relaxed)
        case .finishing: whileFinishing.wrappingAdd(1, ordering: .relaxed)
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
