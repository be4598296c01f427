// What one upstream was asked, and how long its connections took.

internal import Configuration
internal import CoreMetrics
internal import Pipeline
internal import Telemetry

/// Of one upstream on one loop.
final class UpstreamFigures {
    private struct End: Hashable {
        let cause: RequestRecord.Attempt.Cause
        let failure: Failure.Kind?
        let status: UInt16
    }

    /// Statuses that are told as they are. What else an upstream may think of must not make series without end.
    private static let told: Set<UInt16> = [200, 304, 400, 401, 403, 404, 408, 410, 429, 500, 502, 503, 504]

    private let labels: [(String, String)]
    private let metrics: MetricOwner
    private lazy var fine = counter(End(cause: .first, failure: nil, status: 200))
    private var attempts: [End: Counter] = [:]
    private let waits: Timer
    private let connections: Counter
    private let lookups: Timer
    private let connects: Timer
    private let handshakes: Timer

    init(_ upstream: UpstreamSettings, _ metrics: MetricOwner) {
        labels = [("upstream", upstream.name)]
        self.metrics = metrics
        let wait = metrics.measuring(from: .milliseconds(1), to: upstream.concurrency.wait)
        waits = Timer(CountedFigures.waits, labels, wait)
        connections = Counter(CountedFigures.connections, labels, metrics)
        // All of it happens within the time to connect.
        let connect = metrics.measuring(from: .microseconds(100), to: upstream.timeouts.connect)
        lookups = Timer(CountedFigures.lookups, labels, connect)
        connects = Timer(CountedFigures.connects, labels, connect)
        handshakes = Timer(CountedFigures.handshakes, labels, connect)
    }

    func note(_ attempt: RequestRecord.Attempt) {
        let end = End(cause: attempt.cause, failure: attempt.failure, status: attempt.status)
        let isUsual = end.cause == .first && end.failure == nil && end.status == 200
        if isUsual { fine.increment() } else { counter(end).increment() }
        if attempt.queued > 0 { record(attempt.queued, in: waits) }
        if attempt.wire.isNewConnection { note(attempt.wire) }
    }

    /// How a connection was opened, as far as that came.
    private func note(_ wire: RequestRecord.Attempt.Wire) {
        connections.increment()
        if wire.resolved > 0 { record(wire.resolved, in: lookups) }
        guard wire.connected > 0 else { return }
        record(wire.connected - min(wire.resolved, wire.connected), in: connects)
        if wire.secured > 0 { record(wire.secured - min(wire.connected, wire.secured), in: handshakes) }
    }

    private func record(_ microseconds: UInt32, in timer: Timer) {
        timer.recordNanoseconds(Int64(microseconds) * 1000)
    }

    private func counter(_ end: End) -> Counter {
        let status = Self.told.contains(end.status) ? end.status : min(end.status / 100, 9)
        let key = End(cause: end.cause, failure: end.failure, status: status)
        if let known = attempts[key] { return known }
        let own = [
            ("cause", end.cause.word), ("result", end.failure?.rawValue ?? "success"), ("status", Self.word(status)),
        ]
        let new = Counter(CountedFigures.attempts, labels + own, metrics)
        attempts[key] = new
        return new
    }

    /// Empty: none came. A single digit is a class.
    private static func word(_ status: UInt16) -> String {
        switch status {
        case 0: ""
        case 1...9: "\(status)xx"
        default: String(status)
        }
    }
}

extension Counter {
    convenience init(_ figure: MetricDescription, _ labels: [(String, String)], _ metrics: MetricOwner) {
        self.init(label: "\(figure.name)", dimensions: labels, factory: metrics)
    }
}

extension Timer {
    convenience init(_ figure: MetricDescription, _ labels: [(String, String)], _ metrics: MetricOwner) {
        self.init(label: "\(figure.name)", dimensions: labels, factory: metrics)
    }
}
