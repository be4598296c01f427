// How long an upstream usually takes, so that a call that cannot end in time is not begun.

/// The median of the last calls that succeeded. A bounded memory; times are the caller's.
package struct UsualTime: Sendable {
    /// Calls that are remembered.
    package static let memory = 64
    /// The median is taken anew after so many, and not before there are so many.
    package static let step = 16
    /// What was seen longer ago says nothing of now. It also keeps a median from holding itself up: it may be that no call
    /// is begun because of it, and then none could show that the upstream has become faster.
    package static let patience = Duration.seconds(5)

    /// In attoseconds, up to nine seconds: what is longer is taken for that. Sorted they are a tenth of the work that
    /// durations are.
    private var times: [Int64] = []
    private var next = 0
    private var fresh = 0
    private var last: ContinuousClock.Instant?
    private var current: Duration?

    package init() {}

    /// Nil: too little is known.
    package func median(at now: ContinuousClock.Instant) -> Duration? {
        guard let current, let last, now < last + Self.patience else { return nil }
        return current
    }

    package mutating func took(_ time: Duration, at now: ContinuousClock.Instant) {
        if let last, now >= last + Self.patience { self = UsualTime() }
        last = now
        let time = Int64(clamping: time.attoseconds)
        if times.count < Self.memory { times.append(time) } else { times[next] = time }
        next = (next + 1) % Self.memory
        fresh += 1
        guard fresh == Self.step else { return }
        fresh = 0
        current = Duration(attoseconds: Int128(times.sorted()[times.count / 2]))
    }
}
