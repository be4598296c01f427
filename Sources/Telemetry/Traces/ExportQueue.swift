// Batches on their way to the collector, one at a time, as rules without a wire: what may wait, when to ask, when to try again
// and when to give up.

internal import Pipeline
internal import Synchronization

/// How much may wait, over all loops. From any thread, since loops hand over before the queue's thread looks.
package final class ExportRoom: Sendable {
    private let most: Int
    private let taken = Atomic<Int>(0)

    /// - Parameter most: bytes; some ten thousand spans fit.
    package init(most: Int = 4 * 1024 * 1024) { self.most = most }

    /// False: there is no room.
    package func take(_ bytes: Int) -> Bool {
        if taken.wrappingAdd(bytes, ordering: .relaxed).newValue <= most { return true }
        giveBack(bytes)
        return false
    }

    func giveBack(_ bytes: Int) { taken.wrappingSubtract(bytes, ordering: .relaxed) }

    /// Bytes that wait.
    package var inUse: Int { taken.load(ordering: .relaxed) }
}

/// What waits, and how it goes with the collector.
package struct ExportQueue {
    /// What came of a request to the collector.
    package enum End: Sendable, Equatable {
        /// It took all spans but so many.
        case accepted(rejected: Int)
        /// It will not take them at another time either.
        case refused
        /// It could not be reached, or is busy: for so long, if it says so.
        case failed(retryAfter: Duration?)
    }

    /// A batch is worth that much patience. Trying again without end would keep the newest from being seen.
    package static let patience = Duration.seconds(60)
    private static let backoff = Backoff(base: .seconds(1), cap: .seconds(10))
    /// No wish of the collector holds longer.
    private static let longestWish = Duration.seconds(300)

    private let room: ExportRoom
    private let counts: TraceCounts
    private var waiting: [(batch: SpanBatch, since: ContinuousClock.Instant)] = []
    private var isAsking = false
    /// In a row.
    package private(set) var failures = 0
    private var notBefore: ContinuousClock.Instant?

    package init(_ room: ExportRoom, _ counts: TraceCounts) {
        self.room = room
        self.counts = counts
    }

    package var isEmpty: Bool { waiting.isEmpty }

    /// Adds a batch that has room.
    package mutating func add(_ batch: SpanBatch, at now: ContinuousClock.Instant) { waiting.append((batch, now)) }

    /// The batch to send now, which stays first until `ended`; nil: there is none, or it is not the time.
    package mutating func next(at now: ContinuousClock.Instant) -> SpanBatch? {
        guard !isAsking else { return nil }
        while let first = waiting.first, first.since + Self.patience <= now { removeFirst(.tooOld) }
        if let notBefore, now < notBefore { return nil }
        guard let first = waiting.first else { return nil }
        isAsking = true
        return first.batch
    }

    /// When `next` is to be asked again; nil: when something has come or ended.
    package var due: ContinuousClock.Instant? { isAsking || waiting.isEmpty ? nil : notBefore }

    /// The request for the first batch has ended.
    /// - Parameter luck: from 0 to 1, where in the range of the wait.
    package mutating func ended(_ end: End, at now: ContinuousClock.Instant, luck: Double) {
        isAsking = false
        switch end {
        case .accepted(let rejected):
            let spans = waiting.first?.batch.spans ?? 0
            counts.succeeded(spans - min(rejected, spans))
            counts.drop(min(rejected, spans), .refused)
            (failures, notBefore) = (0, nil)
            removeFirst(nil)
        case .refused:
            counts.failed()
            // It is there; what comes next may please it.
            (failures, notBefore) = (0, nil)
            removeFirst(.refused)
        case .failed(let wish):
            counts.failed()
            failures += 1
            let wait = Self.backoff.longest(before: failures) * luck
            notBefore = now + max(wait, min(wish ?? .zero, Self.longestWish))
        }
    }

    /// Asks at once, whatever failed before.
    package mutating func hurry() { notBefore = nil }

    /// Gives up all that waits. What is being asked ends without meaning.
    package mutating func abandon() {
        isAsking = false
        while !waiting.isEmpty { removeFirst(.left) }
    }

    private mutating func removeFirst(_ loss: TraceCounts.Loss?) {
        guard !waiting.isEmpty else { return }
        let batch = waiting.removeFirst().batch
        room.giveBack(batch.bytes.count)
        if let loss { counts.drop(batch.spans, loss) }
    }
}
