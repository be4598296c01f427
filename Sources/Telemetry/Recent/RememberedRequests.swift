// The few requests of a loop that are kept whole: the last that failed, the slowest of the last minutes, the last that were
// asked about. For an ordinary fast request this costs two comparisons.

internal import Pipeline

/// Bounded memories of one loop, used on its thread only.
package struct RememberedRequests: Sendable {
    /// How many failed requests a loop keeps, and how many explained ones.
    package static let mostFailed = 64
    package static let mostExplained = 64
    /// How many slow requests of each minute it keeps, and of how many minutes.
    package static let mostSlow = 8
    package static let minutes = 10

    private var failed = Ring<ToldRequest>(Self.mostFailed)
    private var explained = Ring<ToldRequest>(Self.mostExplained)
    /// By minute, those of the current one first; the slowest first.
    private var slow: [[ToldRequest]] = [[]]
    private var minute: Int64 = 0
    /// What is not slower is not kept; -1: there is room.
    private var threshold: Int64 = -1

    package init() {}

    /// Whether a request that took so many microseconds is among the slowest of `minute`.
    /// - Parameter leader: the id of the request whose answer it got. It is not, if one is kept that tells more of that.
    package mutating func isSlow(_ total: Int64, sharedWith leader: String? = nil, in minute: Int64) -> Bool {
        if minute != self.minute { begin(minute) }
        guard total > threshold, let leader else { return total > threshold }
        return !slow[0].contains { $0.run == leader && ($0.knowsTheEnd || $0.total >= total) }
    }

    /// Of those that shared one run the one is kept that tells most of it: a burst of equal requests would else take all places.
    package mutating func keep(slow told: ToldRequest) {
        if let other = slow[0].firstIndex(where: { $0.shares(with: told) }) {
            guard told.tellsMore(than: slow[0][other]) else { return }
            slow[0].remove(at: other)
        }
        let place = slow[0].firstIndex { $0.total < told.total } ?? slow[0].count
        slow[0].insert(told, at: place)
        if slow[0].count > Self.mostSlow { slow[0].removeLast() }
        if slow[0].count == Self.mostSlow { threshold = slow[0].last?.total ?? -1 }
    }

    package mutating func keep(failed told: ToldRequest) { failed.append(told) }

    /// Returns whether one more is kept than before; if not, the oldest was given up for it.
    @discardableResult
    package mutating func keep(explained told: ToldRequest) -> Bool {
        let isMore = !explained.isFull
        explained.append(told)
        return isMore
    }

    /// The last that failed, the newest first.
    package var lastFailed: [ToldRequest] { failed.newestFirst }

    /// The slowest of the minutes up to `minute`, in no order.
    package mutating func slowest(upTo minute: Int64) -> [ToldRequest] {
        if minute != self.minute { begin(minute) }
        return slow.flatMap(\.self)
    }

    /// The newest of that id that is kept.
    package func find(_ id: String) -> ToldRequest? {
        let kept = explained.newestFirst + failed.newestFirst + slow.flatMap(\.self)
        return kept.filter { $0.id == id }.max { $0.at < $1.at }
    }

    private mutating func begin(_ minute: Int64) {
        guard minute > self.minute else { return }
        let passed = Int(min(minute - self.minute, Int64(Self.minutes)))
        slow = Array((Array(repeating: [], count: passed) + slow).prefix(Self.minutes))
        self.minute = minute
        threshold = -1
    }
}

extension ToldRequest {
    /// Whether one has the other's answer, or both a third one's. Ids are clients' own, so two may be equal by chance.
    fileprivate func shares(with other: ToldRequest) -> Bool {
        guard coalescedWith != nil || other.coalescedWith != nil else { return false }
        return run == other.run
    }

    /// The id of the request that it was begun for.
    fileprivate var run: String { coalescedWith ?? id }

    /// The one whose run it was knows where the time went, unless it left before the end.
    fileprivate func tellsMore(than other: ToldRequest) -> Bool {
        knowsTheEnd == other.knowsTheEnd ? total > other.total : knowsTheEnd
    }

    fileprivate var knowsTheEnd: Bool { coalescedWith == nil && status != AccessLogLine.clientGone }
}

/// The last so many of what is appended.
package struct Ring<Element> {
    private var elements: [Element] = []
    private var next = 0
    private let most: Int

    package init(_ most: Int) { self.most = most }

    package var isFull: Bool { elements.count == most }

    package mutating func append(_ element: Element) {
        if elements.count < most {
            elements.append(element)
        } else {
            elements[next] = element
        }
        next = (next + 1) % most
    }

    package var newestFirst: [Element] {
        // Where it is not full, `next` is its count.
        elements.count < most ? elements.reversed() : (elements[next...] + elements[..<next]).reversed()
    }
}

extension Ring: Sendable where Element: Sendable {}
