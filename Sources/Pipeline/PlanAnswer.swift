// What a plan's run brought, for all who asked for it together.

/// One run's outcome. Of one thread.
package final class PlanAnswer {
    /// The merged answer's bytes, or why there are none.
    package let result: Result<[UInt8], Failure>
    package let parts: [RequestRecord.Part]
    /// What is the same for all who get it, made by whoever needs it first: its entity tag takes longer than all else that is
    /// done for one of many.
    package var response: Response?
    /// The id of the request that it was made for.
    package let leader: String
    /// When the run began to ask for it.
    package let began: ContinuousClock.Instant

    package init(
        _ result: Result<[UInt8], Failure>, parts: [RequestRecord.Part], leader: String,
        began: ContinuousClock.Instant
    ) {
        self.result = result
        self.parts = parts
        self.leader = leader
        self.began = began
    }

    /// The parts as those tell of them who shared the run and did not begin it.
    package lazy var sharedParts = parts.map { $0.coalesced(with: leader) }

    /// Whether an upstream said that what came earlier is true no more, or not for this caller.
    package var disprovesEarlier: Bool {
        if case .failure(let failure) = result, failure.kind.ofEarlierReply == .isDisproved { return true }
        return parts.contains { $0.outcome.failure?.ofEarlierReply == .isDisproved }
    }

    /// Whether it is whole, and all of it was asked for since the run began: a call that another run had begun may be older.
    package var isWholeAndItsOwn: Bool {
        guard case .success = result else { return false }
        return parts.allSatisfy { part in
            switch part.outcome {
            case .fetched, .skipped, .gone: part.coalescedWith == nil
            case .missing, .stale, .failed, .cancelled: false
            }
        }
    }
}
