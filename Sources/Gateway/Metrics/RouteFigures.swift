// Rate, errors and durations of one route's requests and of its parts.

internal import Configuration
internal import CoreMetrics
internal import Pipeline
internal import Telemetry

/// Of one route on one loop.
final class RouteFigures {
    private struct End: Hashable {
        let status: Int
        let failure: Failure.Kind?
    }

    private let name: String
    private let metrics: MetricOwner
    /// By how requests ended, and the most frequent end of all.
    private var requests: [End: Counter] = [:]
    private lazy var fine = counter(End(status: 200, failure: nil))
    private let duration: Timer
    private let overhead: Timer
    private let parts: [PartFigures]

    convenience init(_ route: RouteSettings, _ upstreams: [String: UpstreamFigures], _ metrics: MetricOwner) {
        let parts = route.parts.compactMap { part in
            upstreams[part.upstream].map { PartFigures(part, of: route, $0, metrics) }
        }
        self.init(name: route.name, deadline: route.deadline, parts: parts, metrics)
    }

    init(name: String, deadline: Duration, parts: [PartFigures], _ metrics: MetricOwner) {
        self.name = name
        self.metrics = metrics
        self.parts = parts
        duration = Timer(
            CountedFigures.duration, [("route", name)], metrics.measuring(from: .milliseconds(1), to: deadline))
        overhead = Timer(
            CountedFigures.overhead, [("route", name)], metrics.measuring(from: .microseconds(100), to: deadline))
    }

    func note(_ record: RequestRecord, status: Int, took total: Duration) {
        let end = End(status: status, failure: record.failure?.kind)
        if status == 200, end.failure == nil { fine.increment() } else { counter(end).increment() }
        duration.recordNanoseconds(total.nanoseconds)
        if let own = record.overhead { overhead.recordNanoseconds(own &* 1000) }
        noteCalls(record)
    }

    /// What has ended since the last time: the run of a request that left may go on for others.
    func noteCalls(_ record: RequestRecord) {
        let counted = record.counted ?? (0, 0)
        record.counted = (record.parts.count, record.attempts.count)
        // Whose answer was another request's has none of its own.
        guard record.outline != nil else { return }
        for part in record.parts.dropFirst(counted.parts) where part.place < parts.count {
            parts[part.place].note(part)
        }
        for attempt in record.attempts.dropFirst(counted.attempts) where attempt.part < parts.count {
            parts[Int(attempt.part)].upstream.note(attempt)
        }
    }

    private func counter(_ end: End) -> Counter {
        if let known = requests[end] { return known }
        let labels = [
            ("route", name), ("status", String(end.status)), ("failure", end.failure?.rawValue ?? ""),
        ]
        let new = Counter(CountedFigures.requests, labels, metrics)
        requests[end] = new
        return new
    }
}

/// Of one part of a route on one loop.
final class PartFigures {
    let upstream: UpstreamFigures
    private let labels: [(String, String)]
    private let metrics: MetricOwner
    private lazy var fetched = counter(.fetched)
    private var ends: [String: Counter] = [:]
    private let duration: Timer

    init(_ part: PartSettings, of route: RouteSettings, _ upstream: UpstreamFigures, _ metrics: MetricOwner) {
        self.upstream = upstream
        self.metrics = metrics
        labels = [("route", route.name), ("part", part.name), ("upstream", part.upstream)]
        duration = Timer(
            CountedFigures.partDuration, labels, metrics.measuring(from: .milliseconds(1), to: route.deadline))
    }

    func note(_ part: RequestRecord.Part) {
        if part.outcome == .fetched { fetched.increment() } else { counter(part.outcome).increment() }
        // Nothing was asked for, so it took no time.
        if part.outcome == .skipped { return }
        duration.recordNanoseconds(part.started.duration(to: part.ended).nanoseconds)
    }

    private func counter(_ outcome: RequestRecord.Outcome) -> Counter {
        let failure = outcome.failure?.rawValue ?? ""
        let key = outcome.word + failure
        if let known = ends[key] { return known }
        let new = Counter(CountedFigures.parts, labels + [("outcome", outcome.word), ("failure", failure)], metrics)
        ends[key] = new
        return new
    }
}
