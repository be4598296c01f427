// One planned exchange with an upstream, and its answer.

internal import Synchronization

/// A call of a plan: `GET path` for a tenant, by a deadline.
package struct Call: Sendable {
    /// What all calls of one request have in common.
    package final class Asker: Sendable {
        package let tenant: String
        /// The tenant's, see `Lanes`.
        package let lane: Int
        /// On whose authority it asks; nil: nobody else's, so it shares nothing with others.
        package let principal: Principal?
        package let requestID: String
        package let trace: Trace
        /// The value of `Forwarded`; empty: none is sent.
        package let forwarded: String
        /// Where attempts are noted; nil: nowhere.
        package let record: Confined<RequestRecord>?
        /// Upstream calls that the request may cost besides one for each part.
        private let spare: Atomic<Int>

        package init(
            tenant: String, lane: Int = 0, principal: Principal? = nil, requestID: String, trace: Trace,
            forwarded: String = "", record: Confined<RequestRecord>? = nil, spareCalls: Int = .max / 2
        ) {
            self.tenant = tenant
            self.lane = lane
            self.principal = principal
            self.requestID = requestID
            self.trace = trace
            self.forwarded = forwarded
            self.record = record
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

    /// The part of the plan it fetches, and its place there.
    package let part: String
    package let place: UInt8
    /// Absolute path on the upstream, percent-encoded.
    package let path: String
    package let asker: Asker
    /// When the whole request's answer is due.
    package var deadline: ContinuousClock.Instant
    /// Which of the upstream's endpoints it goes to. Set by the layer that chooses.
    package var endpoint = 0
    /// Means something to the layer that chooses the endpoint: 0, or that this attempt is a probe.
    package var ticket = 0
    /// Which of the call's attempts this is, from 1, and why it is made. Set by the layer that makes another.
    package var number: UInt8 = 1
    package var cause = RequestRecord.Attempt.Cause.first
    /// When this attempt was asked for, and the microseconds that it waited for a place.
    package var asked: ContinuousClock.Instant
    package var queued: UInt32 = 0
    /// Endpoints at which it failed already.
    package var tried = EndpointSet()
    /// Whether a kept connection failed it: its next attempts open one of their own.
    package var isAfresh = false
    /// Those of them that are not to be asked again.
    package var unfit = EndpointSet()

    /// - Parameter asked: when it begins.
    package init(
        part: String, place: Int = 0, path: String, asker: Asker, deadline: ContinuousClock.Instant,
        asked: ContinuousClock.Instant = .now
    ) {
        self.part = part
        self.place = UInt8(clamping: place)
        self.asked = asked
        self.path = path
        self.asker = asker
        self.deadline = deadline
    }

    /// Makes it the next attempt of the same call, asked for now.
    package mutating func becomeNext(_ cause: RequestRecord.Attempt.Cause, at now: ContinuousClock.Instant) {
        number = number < .max ? number + 1 : .max
        self.cause = cause
        asked = now
        queued = 0
    }
}

/// What an upstream answered: a complete body of a 200, or the word that there is no such record.
package struct Reply {
    /// 200 or 404; every other status is a failure.
    package let status: Int
    package let body: ReplyBody
    /// How often the upstream was asked for it.
    package var attempts = 1
    /// The id of the request whose call brought it, if that is another's.
    package var coalescedWith: String?

    package init(status: Int, body: ReplyBody) {
        self.status = status
        self.body = body
    }
}
