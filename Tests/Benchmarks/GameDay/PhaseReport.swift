// What came of a phase: figures for the table, and everything that should not have been.

struct PhaseReport {
    /// How long all may take to be as before, once the fault has ended.
    static let recovery = Duration.seconds(10)

    let name: String
    /// Asked before it began, and answered only now: it may have met some of them.
    let before: [Sample]
    /// Asked while the fault lasted.
    let during: [Sample]
    /// Asked after its end.
    let after: [Sample]
    /// When it began and ended.
    let began: ContinuousClock.Instant
    let ended: ContinuousClock.Instant
    /// Calls that each service received while it lasted.
    let calls: (conversations: Int, crm: Int)

    /// From the fault's end to the last answer that was no 200.
    var recovered: Duration {
        after.last { !$0.isGood }.map { ended.duration(to: $0.sent + $0.time) } ?? .zero
    }

    /// Upstream calls of one request, in proportion to what it takes when nothing is tried again.
    var amplification: Double {
        Double(calls.conversations + calls.crm) / Double(max(1, during.reduce(0) { $0 + $1.question.calls }))
    }

    /// - Parameter usual: the 99th percentile of each route when nothing is wrong.
    func faults(_ promises: [Phase.Promise], usual: [String: Duration]) -> [String] {
        var faults = Self.broken(before + during + after)
        if recovered > Self.recovery { faults.append("not as before within \(Self.recovery)") }
        let settled = after.filter { ended.duration(to: $0.sent) > .seconds(8) }
        if let time = settled.percentile(0.99), let worst = usual.values.max(), time > Self.bearable(worst) {
            faults.append("p99 is still \(time.text) at the end")
        }
        faults += retryFaults
        for promise in promises { faults += self.faults(promise, usual) }
        return faults
    }

    /// Retries are a fifth of an upstream's calls, and three in ten seconds besides. Its calls are what requests need at most: that
    /// calls are not made after a failure only makes them fewer.
    private var retryFaults: [String] {
        let seconds = began.duration(to: ended).seconds
        // Two endpoints are asked for their health each second.
        let own = Double(during.count * Question.ownCalls) * 1.2 + 2 * (seconds + 2)
        let others = Double(during.reduce(0) { $0 + $1.question.calls - Question.ownCalls }) * 1.2
        let least = 3 * (seconds / 10 + 1)
        var faults: [String] = []
        if Double(calls.conversations) > own + least {
            faults.append("conversations got \(calls.conversations) calls instead of \((own + least).text(0)) at most")
        }
        if Double(calls.crm) > others + least {
            faults.append("crm got \(calls.crm) calls instead of \((others + least).text(0)) at most")
        }
        return faults
    }

    /// Of a time when nothing was wrong any more: nothing else than 200 will do.
    static func overdue(_ samples: [Sample]) -> [String] {
        let bad = samples.count { !$0.isGood }
        return broken(samples) + (bad > 0 ? ["\(bad) requests failed long after the fault's end"] : [])
    }

    private func faults(_ promise: Phase.Promise, _ usual: [String: Duration]) -> [String] {
        switch promise {
        case .good(let least):
            let share = 100 * Double(during.count { $0.isGood }) / Double(max(1, during.count))
            return share < least ? ["only \(share.text(2)) % are 200, not \(least.text(0)) %"] : []
        case .withoutCRM:
            let unaffected = during.filter { $0.question.route != "whole" }
            var faults =
                !unaffected.isEmpty && unaffected.allSatisfy(\.isGood)
                ? [] : ["requests failed that do not need the CRM"]
            let own = unaffected.filter { $0.question.route == "own" }
            if let time = own.percentile(0.99), let usual = usual["own"], time > Self.bearable(usual) {
                faults.append("requests without the CRM take \(time.text) (p99) instead of \(usual.text)")
            }
            return faults
        }
    }

    /// Twice the usual; what is under 40 ms is the machine's noise.
    private static func bearable(_ usual: Duration) -> Duration { max(usual * 2, usual + .milliseconds(40)) }

    /// What must not be whatever the upstreams do, each kind once.
    static func broken(_ samples: [Sample]) -> [String] {
        var counts: [String: Int] = [:]
        for sample in samples {
            switch sample.outcome {
            case .left: break
            case .lost(let why): counts["lost: \(why)", default: 0] += 1
            case .wrong(let why): counts["wrong: \(why)", default: 0] += 1
            case .answered(let status, let error):
                if !Explanation.isKnown(status: status, error: error) {
                    counts["\(status) \(error ?? "without a word") is not in the contract", default: 0] += 1
                }
            }
        }
        return counts.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }
    }

    /// One line of the table.
    func row(_ faults: [String]) -> String {
        let own = during.filter { $0.question.route == "own" }, whole = during.filter { $0.question.route == "whole" }
        let cells = [
            name.padded(to: 36), "\(during.count)".padded(to: 6), Self.statuses(during).padded(to: 34),
            own.times.padded(to: 13), whole.times.padded(to: 13), amplification.text(2).padded(to: 5),
            (recovered.seconds.text(1) + " s").padded(to: 7), faults.isEmpty ? "as it should" : "FAULT",
        ]
        return cells.joined(separator: "  ")
    }

    static let head = [
        "phase".padded(to: 36), "asked".padded(to: 6), "answers".padded(to: 34), "own p50/p99".padded(to: 13),
        "whole p50/p99".padded(to: 13), "calls".padded(to: 5), "healed".padded(to: 7), "verdict",
    ].joined(separator: "  ")

    static func statuses(_ samples: [Sample]) -> String {
        var counts: [String: Int] = [:]
        for sample in samples {
            switch sample.outcome {
            case .answered(let status, _): counts["\(status)", default: 0] += 1
            case .left: counts["left", default: 0] += 1
            case .lost: counts["lost", default: 0] += 1
            case .wrong: counts["wrong", default: 0] += 1
            }
        }
        return counts.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
    }
}
