// A request that somebody may want to look at: one that failed, was slow, or was asked about.

package import Pipeline

/// Everything that is known of one request, when it was answered. Bodies, paths and credentials are not.
package final class ToldRequest: Sendable {
    package let id: String
    /// Since 1970, when its first byte came.
    package let at: Duration
    package let client: String
    package let route: String?
    /// 499: the client left.
    package let status: Int
    package let failure: Failure?
    package let tenant: String?
    /// A key's id, or a token's issuer.
    package let credential: String?
    package let trace: String
    /// From its first byte to its answer, in microseconds.
    package let total: Int64
    package let came: Times
    package let parts: [RequestRecord.Part]
    package let attempts: [RequestRecord.Attempt]
    package let outline: PlanOutline?
    /// The id of the request whose answer it shared.
    package let coalescedWith: String?
    /// The id of an earlier request whose answer it was given.
    package let reusedFrom: String?
    /// The places of its parts on the longest path.
    package let path: [Int]
    /// Microseconds that were not its upstreams'; nil: not known, as its answer was another request's.
    package let overhead: Int64?
    package let addresses: EndpointNames
    let answered: ContinuousClock.Instant

    /// When it came where, in microseconds since its arrival; nil: it did not come so far.
    package struct Times: Sendable {
        package let shareAsked: Int64?
        package let shareEnded: Int64?
        package let turnAsked: Int64?
        package let planStarted: Int64?
        package let mergeStarted: Int64?
        package let mergeEnded: Int64?
    }

    /// - Parameters:
    ///   - response: nil: the client left.
    ///   - now: when it was answered.
    package init(
        _ request: Request, _ record: RequestRecord, response: Response?, addresses: EndpointNames,
        at now: ContinuousClock.Instant
    ) {
        func offset(_ instant: ContinuousClock.Instant?) -> Int64? {
            instant.map { request.arrived.duration(to: $0).microseconds }
        }
        id = request.id
        at = WallClock.now - request.arrived.duration(to: .now)
        client = request.client
        route = record.route
        status = response?.status ?? AccessLogLine.clientGone
        failure = record.failure
        tenant = record.principal?.tenant
        credential = record.principal?.credential
        trace = record.trace.id
        total = offset(now) ?? 0
        came = Times(
            shareAsked: offset(record.shareAsked), shareEnded: offset(record.shareEnded),
            turnAsked: offset(record.turnAsked), planStarted: offset(record.planStarted),
            mergeStarted: offset(record.mergeStarted), mergeEnded: offset(record.mergeEnded))
        // Those of an earlier request had ended before this one came: none of its time is theirs.
        parts = record.reusedFrom == nil ? record.parts : []
        attempts = record.attempts
        outline = record.outline
        coalescedWith = record.coalescedWith
        reusedFrom = record.reusedFrom
        path = record.criticalPath
        overhead = record.overhead(of: .microseconds(total))
        self.addresses = addresses
        answered = now
    }

    /// The part to look at first: the one that failed, or the one of the longest path that took longest.
    package var guilty: RequestRecord.Part? {
        if case .upstream(_, let name?)? = failure?.origin { return parts.first { $0.name == name } }
        if let missing = parts.first(where: \.outcome.isWanting) { return missing }
        return parts.filter { path.contains($0.place) }
            .max { $0.started.duration(to: $0.ended) < $1.started.duration(to: $1.ended) }
    }
}

/// The addresses of each upstream's endpoints, by their places.
package final class EndpointNames: Sendable {
    package let byUpstream: [String: [String]]

    package init(_ byUpstream: [String: [String]]) { self.byUpstream = byUpstream }
}

extension RequestRecord.Outcome {
    /// Whether the answer went out without it, or with an old one.
    package var isWanting: Bool {
        switch self {
        case .missing, .stale: true
        case .fetched, .skipped, .gone, .failed, .cancelled: false
        }
    }
}
