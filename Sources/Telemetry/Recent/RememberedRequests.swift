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
    package mutating func isSlow(_ total: Int64, in minute: Int64) -> Bool {
        if minute != self.minute { begin(minute) }
        return total > threshold
    }

    package mutating func keep(slow told: ToldRequest) {
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
