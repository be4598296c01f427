// How often verdicts about an upstream's endpoints changed, for operators. It happens rarely, so a lock will do.

internal import Resilience
internal import Synchronization

/// Of one upstream, over all reloads. From any thread.
final class VerdictCounts: Sendable {
    private let counts = Mutex<[String: [EndpointEvent.What: Int]]>([:])

    /// - Parameter address: the endpoint's, as configured.
    func count(_ what: EndpointEvent.What, at address: String) {
        counts.withLock { $0[address, default: [:]][what, default: 0] += 1 }
    }

    func count(of what: EndpointEvent.What, at address: String) -> Int {
        counts.withLock { $0[address]?[what] ?? 0 }
    }
}
