// The layer that lets equal calls in flight share one exchange, so that all below it happens once for all of them.

package import Pipeline

extension Reply: Shareable {
    func shared(by leader: String) -> Reply {
        var reply = self
        reply.attempts = 0
        reply.coalescedWith = leader
        return reply
    }
}

/// `coalesce` of one upstream, on one loop. Used on that loop's thread only.
///
/// Equal are calls for the same path on the same authority. All else that upstreams are told (request id, trace, `Forwarded`,
/// deadline) is the leader's.
package final class Coalescing: Calls {
    private let flights: Confined<Flights<Reply>>
    private let leastTime: Duration
    private let count: SharedCount
    private let loop: any Timekeeper
    private let next: any Calls

    /// Must be made on the loop's thread.
    /// - Parameters:
    ///   - attempt: the upstream's time for one attempt. A call with less than half of it left begins nothing that others
    ///     may share: they would get its short time.
    ///   - count: counts the calls that were not made.
    package init(
        _ upstream: String, attempt: Duration, count: SharedCount, on loop: any Timekeeper, before next: any Calls
    ) {
        let late = Failure(
            .readTimeout, .upstream(upstream, part: nil), "no answer to an equal call within the request's own time")
        flights = Confined(Flights(on: loop, late: late))
        leastTime = attempt / 2
        self.count = count
        self.loop = loop
        self.next = next
    }

    package func begin(
        _ call: Call, then end: @escaping (Result<Reply, Failure>) -> Void
    ) -> (any RunningCall)? {
        guard let principal = call.asker.principal else { return next.begin(call, then: end) }
        let flights = flights.value
        let key = FlightKey(principal, call.path)
        if let follower = flights.follow(key, until: call.deadline, then: end) {
            count.add()
            return follower
        }
        guard loop.now + leastTime <= call.deadline else { return next.begin(call, then: end) }
        return flights.lead(key, call.asker.requestID, until: call.deadline, then: end) { ended in
            next.begin(call, then: ended)
        }
    }

    /// Calls that others may join. For tests; on the loop's thread.
    package var inFlight: Int { flights.value.count }
}
