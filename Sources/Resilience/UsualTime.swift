// How long an upstream usually takes, so that a call that cannot end in time is not begun, and one that takes unusually long
// may be asked a second time.

/// The time within which a share of the last calls ended. A bounded memory; times are the caller's.
package struct UsualTime: Sendable {
    /// What was seen longer ago says nothing of now. It also keeps a median from holding itself up: it may be that no call
    /// is begun because of it, and then none could show that the upstream has become faster.
    package static let patience = Duration.seconds(5)

    /// Calls that are remembered.
    package let memory: Int
    /// The time is taken anew after so many, and not before there are so many.
    package let step: Int
    private let share: Double

    /// In attoseconds, up to nine seconds: what is longer is taken for that. Sorted they are a tenth of the work that
    /// durations are.
    private var times: [Int64] = []
    private var next = 0
    private var fresh = 0
    private var last: ContinuousClock.Instant?
    private var current: Duration?

    private init(share: Double, memory: Int, step: Int) {
        self.share = share
        self.memory = memory
        self.step = step
    }

    package static let median = UsualTime(share: 0.5, memory: 64, step: 16)

    /// What one call of twenty exceeds. Of fewer than forty it would be the longest or next to it, which is chance.
    package static let p95 = UsualTime(share: 0.95, memory: 200, step: 40)

    /// Nil: too little is known.
    package func time(at now: ContinuousClock.Instant) -> Duration? {
        guard let current, let last, now < last + Self.patience else { return nil }
        return current
    }

    package mutating func took(_ time: Duration, at now: ContinuousClock.Instant) {
        if let last, now >= last + Self.patience { self = UsualTime(share: share, memory: memory, step: step) }
        last = now
        let time = Int64(clamping: time.attoseconds)
        if times.count < memory { times.append(time) } else { times[next] = time }
        next = (next + 1) % memory
        fresh += 1
        guard fresh == step else { return }
        fresh = 0
        current = Duration(attoseconds: Int128(times.sorted()[Int(Double(times.count) * share)]))
    }
}
