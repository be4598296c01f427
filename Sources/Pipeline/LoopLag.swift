// How far a loop is behind, as it measures itself.

internal import Synchronization

/// The lag of one loop: told by the loop, read by anybody.
package final class LoopLag: Sendable {
    private let rules: Mutex<LagRules>
    /// Attoseconds, as all here; `Int64.max`: nothing is too much.
    private let target: Atomic<Int64>
    /// Whether the rules know of a pass that was too long; as long as there is none they are not asked.
    private let isLong = Atomic<Bool>(false)
    private let isOver = Atomic<Bool>(false)
    private let worst = Atomic<Int64>(0)

    /// - Parameter target: nil: no lag is too much.
    package init(target: Duration? = nil) {
        self.target = Atomic(target.map(Self.short) ?? .max)
        rules = Mutex(LagRules(target: target ?? .zero))
    }

    /// What is too much from now on; nil: nothing.
    package func allow(_ target: Duration?) {
        let new = target.map(Self.short) ?? .max
        guard self.target.exchange(new, ordering: .relaxed) != new else { return }
        rules.withLock { rules in
            rules = LagRules(target: target ?? .zero)
            note(rules)
        }
    }

    /// Whether the loop has too much to do.
    package var isTooMuch: Bool { isOver.load(ordering: .relaxed) }

    /// The longest lag since this was asked last, up to nine seconds.
    package func takeWorst() -> Duration { Duration(attoseconds: Int128(worst.exchange(0, ordering: .relaxed))) }

    /// What came, or was due, at the begin of a pass that has just ended had to wait so long. On the loop's thread.
    package func passed(_ lag: Duration, at now: ContinuousClock.Instant) {
        let short = Self.short(lag)
        if short > worst.load(ordering: .relaxed) { worst.store(short, ordering: .relaxed) }
        let target = target.load(ordering: .relaxed)
        guard short > target || isLong.load(ordering: .relaxed) else { return }
        rules.withLock { rules in
            // It may have been turned off in between.
            guard self.target.load(ordering: .relaxed) < .max else { return }
            rules.passed(lag, at: now)
            note(rules)
        }
    }

    /// The loop slept. On its thread.
    package func rested() {
        guard isLong.load(ordering: .relaxed) else { return }
        rules.withLock { rules in
            rules.rested()
            note(rules)
        }
    }

    private func note(_ rules: LagRules) {
        isLong.store(rules.isLong, ordering: .relaxed)
        isOver.store(rules.isOver, ordering: .relaxed)
    }

    private static func short(_ time: Duration) -> Int64 { Int64(clamping: time.attoseconds) }
}
