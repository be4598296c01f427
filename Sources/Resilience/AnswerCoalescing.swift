// Equal requests in flight share one answer: the same rules as for calls, where a run is one of a plan.

package import Pipeline

extension PlanAnswer: Shareable {
    /// What differs is taken from it by each for itself.
    func shared(by leader: String) -> PlanAnswer { self }
}

/// The runs of one route on one loop. Used on that loop's thread only.
package final class AnswerCoalescing {
    package typealias End = (Result<PlanAnswer, Failure>) -> Void

    private let flights: Flights<PlanAnswer>
    private let count: SharedCount

    /// - Parameter count: counts the requests that shared another's answer.
    package init(count: SharedCount, on loop: any Timekeeper) {
        self.count = count
        flights = Flights(
            on: loop,
            late: Failure(
                .deadlineExceeded, .gateway, "The deadline passed while the request waited for an equal one's answer."))
    }

    /// Runs in the air. For tests.
    package var inFlight: Int { flights.count }

    /// Answers from a run that is in the air for the same path on the same authority; if there is none, begins one.
    /// - Parameters:
    ///   - id: of the request.
    ///   - mayLead: whether others may join what it begins.
    ///   - begin: as `Calls.begin`.
    package func begin(
        _ path: String, _ principal: Principal, _ id: String, until deadline: ContinuousClock.Instant, mayLead: Bool,
        then end: @escaping End, _ begin: (@escaping End) -> (any RunningCall)?
    ) -> Begun {
        let key = FlightKey(principal, path)
        if let follower = flights.follow(key, until: deadline, then: end) {
            count.add()
            return Begun(running: follower, leader: follower.leaderID)
        }
        guard mayLead else { return Begun(running: begin(end), leader: nil) }
        return Begun(running: flights.lead(key, id, until: deadline, then: end, begin), leader: nil)
    }

    /// What came of it.
    package struct Begun {
        /// Nil: it has ended already.
        package let running: (any RunningCall)?
        /// The id of the request that the run was begun for, if that is another's.
        package let leader: String?
    }
}
