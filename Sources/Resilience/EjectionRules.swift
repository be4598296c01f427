// Which of several endpoints are left out because they failed several times in a row.

/// Judges the endpoints of one upstream against each other. Times are the caller's.
package struct EjectionRules: Sendable {
    private let consecutive: Int
    private let time: Duration
    private let most: Int
    private var failures: [Int]
    private var outUntil: [ContinuousClock.Instant?]

    /// - Parameters:
    ///   - consecutive: failures in a row that put an endpoint out.
    ///   - time: for how long it is out.
    ///   - share: of the endpoints that may be out at once, from 0 to 1, rounded down; the last one never is.
    package init(endpoints: Int, consecutive: Int, for time: Duration, most share: Double) {
        self.consecutive = consecutive
        self.time = time
        most = min(Int(share * Double(endpoints)), endpoints - 1)
        failures = Array(repeating: 0, count: endpoints)
        outUntil = Array(repeating: nil, count: endpoints)
    }

    /// Whether an endpoint is out.
    package func isOut(_ endpoint: Int, at now: ContinuousClock.Instant) -> Bool {
        outUntil[endpoint].map { now < $0 } ?? false
    }

    package mutating func succeeded(_ endpoint: Int) {
        failures[endpoint] = 0
    }

    /// Returns whether that put the endpoint out.
    package mutating func failed(_ endpoint: Int, at now: ContinuousClock.Instant) -> Bool {
        // What began before it was out says nothing new.
        guard !isOut(endpoint, at: now) else { return false }
        failures[endpoint] += 1
        guard failures[endpoint] >= consecutive, outUntil.indices.count(where: { isOut($0, at: now) }) < most else {
            return false
        }
        failures[endpoint] = 0
        outUntil[endpoint] = now + time
        return true
    }
}
