// Whoever keeps presenting credentials that are refused is not listened to for a while: guessing keys is hopeless anyway,
// but each guess costs a hash, and each forged token a signature's verification.

package import Configuration
package import Pipeline
internal import Synchronization

/// `auth.failures`: a bucket for each client's address, of which only refused credentials take. Stands above
/// authentication, so that whoever has emptied his is refused before anything is computed.
package struct FailedCredentials: Layer {
    /// Addresses that are remembered. A bucket takes about 100 bytes.
    static let addresses = 65_536

    /// What is shared by all loops, and outlives a reload, also one that switches this off.
    package final class Memory: Sendable {
        fileprivate let buckets = Buckets<ClientNetwork>(most: addresses)
        /// Nanoseconds since `start`, until when some address has no token. So as long as nobody misbehaves a request
        /// costs a comparison.
        fileprivate let limitedUntil = Atomic<Int64>(0)
        private let start = ContinuousClock.now
        fileprivate let tally = Atomic<Int>(0)

        package init() {}

        /// Requests that were refused because of earlier ones since the start.
        package var refused: Int { tally.load(ordering: .relaxed) }

        fileprivate func nanoseconds(_ instant: ContinuousClock.Instant) -> Int64 {
            start.duration(to: instant).nanoseconds
        }
    }

    private let rate: Rate
    private let memory: Memory

    /// Nil: failures are not counted.
    package init?(_ settings: AuthSettings.Failures, _ memory: Memory) {
        guard !settings.isOff else { return nil }
        rate = Rate(perSecond: settings.perSecond, burst: settings.burst)
        self.memory = memory
    }

    package func answer(
        _ request: Request, next: any Service<Request, Response>
    ) async throws(Failure) -> Response {
        // Nothing was presented, so there is nothing to compute.
        guard request.authorization != nil else { return try await next.answer(request) }
        if let wait = wait(of: request) {
            memory.tally.wrappingAdd(1, ordering: .relaxed)
            throw Failure(
                .rateLimited, .downstream, retryAfter: wait, "too many credentials from this address were refused")
        }
        do throws(Failure) {
            return try await next.answer(request)
        } catch {
            if error.kind == .unauthenticated { count(request) }
            throw error
        }
    }

    /// How long the client has to wait until its credential is looked at; nil: not at all.
    private func wait(of request: Request) -> Duration? {
        let now = request.completed
        guard memory.nanoseconds(now) < memory.limitedUntil.load(ordering: .relaxed) else { return nil }
        guard let network = ClientNetwork(request.client) else { return nil }
        return memory.buckets.wait(network, rate, at: now)
    }

    private func count(_ request: Request) {
        guard let network = ClientNetwork(request.client) else { return }
        guard let wait = memory.buckets.spend(network, rate, at: request.completed) else { return }
        memory.limitedUntil.max(memory.nanoseconds(request.completed + wait), ordering: .relaxed)
    }
}
