// Whole answers that were made a moment ago, to be given again to equal requests (`reuse`). Where a run that is in the air is
// shared all that comes of it is; here only what is whole, and only as long as it is young.

package import Pipeline

/// The answers of one route on one loop, bounded in age and in bytes. Used on that loop's thread only.
///
/// Equal is what is equal for those who share a run. An answer's age counts from where its run began: what it says was asked for
/// then or later.
package final class KeptAnswers: Sleeper {
    private struct Entry {
        let key: FlightKey
        /// Nil: there is none, and what was asked for before `began` must not come back.
        let answer: PlanAnswer?
        /// Of an answer, when its run began.
        let began: ContinuousClock.Instant
        let bytes: Int
    }

    /// What an entry takes besides its texts, its body and its parts: the answer itself, fields of its response, places in tables.
    private static var overhead: Int { 1024 }

    private let limit: Duration
    private let most: Int
    private let room: AnswerRoom
    private let count: SharedCount
    private let loop: any Timekeeper
    private var bytes = 0
    private var places: [FlightKey: Int] = [:]
    /// In the order in which they were kept. All may get equally old, so they leave in that order, too, but for what their runs took:
    /// none is held up by longer than the age that is allowed.
    private var entries: [Entry?] = []
    private var order = PlaceOrder()
    private var free: [Int] = []
    private var alarm: AlarmID?
    private var isOver = false

    /// - Parameters:
    ///   - limit: an older one is not given again.
    ///   - most: bytes, what answers are found by included.
    ///   - count: counts those that were given again.
    package init(
        for limit: Duration, most: Int, of room: AnswerRoom, count: SharedCount, on loop: any Timekeeper
    ) {
        self.limit = limit
        self.most = most
        self.room = room
        self.count = count
        self.loop = loop
    }

    /// For tests.
    var kept: Int { places.count }

    /// An answer that is young enough, for the same path on the same authority. Allocates nothing.
    package func find(_ path: String, _ principal: Principal, at now: ContinuousClock.Instant) -> PlanAnswer? {
        guard !places.isEmpty, let place = places[FlightKey(principal, path)], let answer = entries[place]?.answer,
            isYoung(answer.began, at: now)
        else { return nil }
        count.add()
        return answer
    }

    /// A run has ended. What it brought takes the place of what was asked for before it. If it is no answer to be given again, what was kept
    /// stays, unless an upstream said that it is true no more: then nothing that was asked for until now is given again.
    package func keep(
        _ end: Result<PlanAnswer, Failure>, _ path: String, _ principal: Principal, at now: ContinuousClock.Instant
    ) {
        guard !isOver, case .success(let answer) = end else { return }
        releaseOld(at: now)
        if answer.isWholeAndItsOwn {
            put(answer, began: answer.began, FlightKey(principal, path), at: now)
        } else if answer.disprovesEarlier {
            // A run that is in the air may have read before: whatever began until now is too old.
            put(nil, began: now, FlightKey(principal, path), at: now)
        }
    }

    private func put(
        _ answer: PlanAnswer?, began: ContinuousClock.Instant, _ key: FlightKey, at now: ContinuousClock.Instant
    ) {
        guard isYoung(began, at: now) else { return }
        if let known = places[key] {
            // Whoever has been given what is newer should not be given what is older.
            if let last = entries[known]?.began, last > began { return }
            remove(known)
        }
        let size = (answer?.allocated ?? 0) + key.allocated + Self.overhead
        // One that would turn out most others is not worth them.
        guard size <= most / 4 else { return }
        while bytes + size > most, let oldest = order.oldest { remove(oldest) }
        insert(key, answer, began, size)
        if alarm == nil { alarm = loop.setAlarm(at: now + limit, for: self) }
    }

    /// What nobody may get any more does not wait for the next answer: it is gone at the latest when twice the limit is over. One alarm
    /// for all, as one for each would ring thousands of times a second.
    package func wake() {
        alarm = nil
        guard !isOver else { return }
        releaseOld(at: loop.now)
        if order.oldest != nil { alarm = loop.setAlarm(at: loop.now + limit, for: self) }
    }

    /// Forgets all, and keeps nothing from now on: runs that began by another configuration may still end.
    package func end() {
        isOver = true
        if let alarm { loop.callOff(alarm) }
        alarm = nil
        while let oldest = order.oldest { remove(oldest) }
    }

    private func isYoung(_ began: ContinuousClock.Instant, at now: ContinuousClock.Instant) -> Bool {
        began.duration(to: now) <= limit
    }

    private func releaseOld(at now: ContinuousClock.Instant) {
        while let oldest = order.oldest, let entry = entries[oldest], !isYoung(entry.began, at: now) { remove(oldest) }
    }

    private func insert(_ key: FlightKey, _ answer: PlanAnswer?, _ began: ContinuousClock.Instant, _ size: Int) {
        let entry = Entry(key: key, answer: answer, began: began, bytes: size)
        let place = free.popLast() ?? entries.count
        if place == entries.count { entries.append(entry) } else { entries[place] = entry }
        places[key] = place
        order.append(place)
        bytes += size
        room.count(size)
    }

    private func remove(_ place: Int) {
        guard let entry = entries[place] else { return }
        order.remove(place)
        places[entry.key] = nil
        entries[place] = nil
        free.append(place)
        bytes -= entry.bytes
        room.count(-entry.bytes)
    }
}

extension PlanAnswer {
    /// Bytes of memory of its body, its parts, and of these once more as others tell of them.
    fileprivate var allocated: Int {
        guard case .success(let body) = result else { return 0 }
        return body.capacity + parts.capacity * MemoryLayout<RequestRecord.Part>.stride * 2 + leader.utf8.count
    }
}

extension FlightKey {
    /// Bytes of memory that it keeps alive at most.
    fileprivate var allocated: Int {
        let texts =
            target.utf8.count + principal.tenant.utf8.count + principal.credential.utf8.count
            + (principal.workspace?.utf8.count ?? 0)
        return texts + Principal.allocated(principal.scopes)
    }
}
