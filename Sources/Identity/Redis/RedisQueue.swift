// What waits to be asked of Redis, and for how long.

/// Questions in the order in which they came.
struct RedisQueue<Question> {
    /// More wait nowhere: a request more decides for itself.
    static var most: Int { 4096 }
    /// Sent at once, so that all replies are there before anybody's patience ends.
    static var mostTogether: Int { 256 }
    /// Whoever has waited longer is not asked about: with a batch before its own, and its own, a request waits twice that.
    static var patience: Duration { .milliseconds(10) }

    private var waiting: [(question: Question, since: ContinuousClock.Instant)] = []

    /// - Returns: whether there was room.
    mutating func add(_ question: Question, at now: ContinuousClock.Instant) -> Bool {
        guard waiting.count < Self.most else { return false }
        waiting.append((question, now))
        return true
    }

    /// Those who waited too long, and those who are to be asked about together now.
    mutating func take(at now: ContinuousClock.Instant) -> (late: [Question], together: [Question]) {
        let late = waiting.prefix { $0.since.duration(to: now) > Self.patience }.map(\.question)
        let together = waiting.dropFirst(late.count).prefix(Self.mostTogether).map(\.question)
        waiting.removeFirst(late.count + together.count)
        return (late, together)
    }

    /// All of them.
    mutating func empty() -> [Question] {
        defer { waiting = [] }
        return waiting.map(\.question)
    }
}
