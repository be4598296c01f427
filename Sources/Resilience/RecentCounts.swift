// What was counted lately. A window that slides by tenths: exact enough for a share, and as long as it lives ten pairs of
// numbers, however much is counted.

/// Two numbers over the last while. Times are the caller's.
package struct RecentCounts: Sendable {
    /// A window is divided into so many parts; what is older than the window is forgotten a part at a time.
    package static let parts = 10

    private struct Part {
        var number: Int
        var all = 0
        var marked = 0
    }

    /// How long a part is.
    package let part: Duration
    private var origin: ContinuousClock.Instant?
    private var kept: [Part] = []

    package init(window: Duration) {
        part = window / Self.parts
    }

    /// Counts so many, of which some are marked (failures, say). Times may not go back by more than a part.
    package mutating func add(_ all: Int, marked: Int = 0, at now: ContinuousClock.Instant) {
        let number = self.number(of: now)
        forget(before: number)
        if kept.last.map({ $0.number < number }) ?? true { kept.append(Part(number: number)) }
        kept[kept.count - 1].all += all
        kept[kept.count - 1].marked += marked
    }

    /// One that was counted at that time, unmarked, does not count after all. If that is longer ago than the window, it has
    /// been forgotten anyway.
    package mutating func takeBack(addedAt time: ContinuousClock.Instant) {
        let number = self.number(of: time)
        // Or what came late was counted in the part that had begun.
        for part in number...(number + 1) {
            guard let place = kept.firstIndex(where: { $0.number == part && $0.all > $0.marked }) else { continue }
            kept[place].all -= 1
            return
        }
    }

    /// What was counted within the window that ends now.
    package mutating func totals(at now: ContinuousClock.Instant) -> (all: Int, marked: Int) {
        forget(before: number(of: now))
        return kept.reduce((0, 0)) { ($0.all + $1.all, $0.marked + $1.marked) }
    }

    private mutating func forget(before number: Int) {
        kept.removeAll { $0.number <= number - Self.parts }
    }

    private mutating func number(of now: ContinuousClock.Instant) -> Int {
        guard let origin else {
            self.origin = now
            return 0
        }
        return Int((origin.duration(to: now) / part).rounded(.down))
    }
}
