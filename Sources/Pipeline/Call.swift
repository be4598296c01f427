// One planned exchange with an upstream, and its answer.

internal import Synchronization

/// A call of a plan: `GET path` for a tenant, by a deadline.
package struct Call: Sendable {
    /// What all calls of one request have in common.
    package final class Asker: Sendable {
        package let tenant: String
        /// The tenant's, see `Lanes`.
        package let lane: Int
        package let requestID: String
        package let trace: Trace
        /// The value of `Forwarded`; empty: none is sent.
        package let forwarded: String
        /// Upstream calls that the request may cost besides one for each part.
        private let spare: Atomic<Int>

        package init(
            tenant: String, lane: Int = 0, requestID: String, trace: Trace, forwarded: String = "",
            spareCalls: Int = .max / 2
        ) {
            self.tenant = tenant
            self.lane = lane
            self.requestID = requestID
            self.trace = trace
            self.forwarded = forwarded
            spare = Atomic(spareCalls)
        }

        /// Takes one of the calls that are left besides one for each part. False: none is.
        package func takeSpareCall() -> Bool {
            if spare.wrappingSubtract(1, ordering: .relaxed).newValue >= 0 { return true }
            giveSpareCallBack()
            return false
        }

        package func giveSpareCallBack() { spare.wrappingAdd(1, ordering: .relaxed) }
    }

    /// The part of the plan it fetches.
    package let part: String
    /// Absolute path on the upstream, percent-encoded.
    package let path: String
    package let asker: Asker
    /// When the whole request's answer is due.
    package var deadline: ContinuousClock.Instant
    /// Which of the upstream's endpoints it goes to. Set by the layer that chooses.
    package var endpoint = 0
    /// Means something to the layer that chooses the endpoint: 0, or that this attempt is a probe.
    package var ticket = 0
    /// Endpoints at which it failed already.
    package var tried = EndpointSet()

    package init(part: String, path: String, asker: Asker, deadline: ContinuousClock.Instant) {
        self.part = part
        self.path = path
        self.asker = asker
        self.deadline = deadline
    }
}

/// What an upstream answered: a complete body of a 200, or the word that there is no such record.
package struct Reply {
    /// 200 or 404; every other status is a failure.
    package let status: Int
    package let body: ReplyBody
    /// How often the upstream was asked for it.
    package var attempts = 1

    package init(status: Int, body: ReplyBody) {
        self.status = status
        self.body = body
    }
}
