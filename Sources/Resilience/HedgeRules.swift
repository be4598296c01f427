// When a call has taken so long that a second attempt is likely to be there first.

/// How long a call is waited for before it is asked a second time. Times are the caller's.
package struct HedgeRules: Sendable {
    /// No sooner: what a loop does in a pass takes as long.
    package static let least = Duration.milliseconds(1)

    /// Nil: as long as most calls take, so that only the slowest are asked twice.
    private let fixed: Duration?
    private var usual = UsualTime.p95

    /// After the 95th percentile of recent calls.
    package static let p95 = HedgeRules(fixed: nil)

    /// Always after the same time.
    package static func after(_ time: Duration) -> HedgeRules { HedgeRules(fixed: time) }

    private init(fixed: Duration?) { self.fixed = fixed }

    /// Nil: too little is known of the upstream.
    package func delay(at now: ContinuousClock.Instant) -> Duration? {
        fixed ?? usual.time(at: now).map { max($0, Self.least) }
    }

    /// A call took so long, or longer: one whose second attempt was quicker is told with the time until then. Were it left
    /// out, the slowest calls would never be seen, the time would shrink, and ever more calls be asked twice.
    package mutating func took(_ time: Duration, at now: ContinuousClock.Instant) {
        if fixed == nil { usual.took(time, at: now) }
    }
}
