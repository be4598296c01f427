// The memory of a stub: the last calls, how many are in progress, and how many were at once.

/// Records calls from the loop, answers questions from anywhere.
final class Recorder: Sendable {
    /// Calls remembered; older ones are forgotten.
    static let capacity = 10_000

    struct State: Sendable {
        /// Call `n` is at `(n - 1) % capacity`.
        private var slots: [RecordedCall] = []
        private var next = 1
        /// The first call since the service's record was last cleared.
        private var first: [StubUpstreams.Service: Int] = [:]
        private var inProgress: [StubUpstreams.Service: Int] = [:]
        private var most: [StubUpstreams.Service: Int] = [:]
        private var mostOfBoth = 0

        /// - Parameter make: makes the call from its number.
        mutating func add(_ service: StubUpstreams.Service, _ make: (Int) -> RecordedCall) -> Int {
            let number = next
            next += 1
            let call = make(number)
            if slots.count < capacity { slots.append(call) } else { slots[(number - 1) % capacity] = call }
            inProgress[service, default: 0] += 1
            most[service] = max(most[service] ?? 0, inProgress[service] ?? 0)
            mostOfBoth = max(mostOfBoth, count(inProgress, nil))
            return number
        }

        mutating func end(_ number: Int, _ service: StubUpstreams.Service, _ outcome: RecordedCall.Outcome) {
            inProgress[service, default: 0] -= 1
            let slot = (number - 1) % capacity
            // Another call may have taken its place in the meantime.
            guard slots[slot].number == number else { return }
            slots[slot].ended = .now
            slots[slot].outcome = outcome
        }

        mutating func clear(_ service: StubUpstreams.Service) {
            first[service] = next
            most[service] = inProgress[service] ?? 0
            mostOfBoth = count(inProgress, nil)
        }

        /// In the order of arrival.
        func calls(_ isWanted: (RecordedCall) -> Bool = { _ in true }) -> [RecordedCall] {
            let oldest = max(1, next - capacity)
            return (oldest..<next).lazy.map { slots[($0 - 1) % capacity] }
                .filter { $0.number >= first[$0.service] ?? 1 && isWanted($0) }
        }

        func inProgress(_ service: StubUpstreams.Service?) -> Int { count(inProgress, service) }

        func most(_ service: StubUpstreams.Service?) -> Int { service == nil ? mostOfBoth : count(most, service) }

        private func count(_ counts: [StubUpstreams.Service: Int], _ service: StubUpstreams.Service?) -> Int {
            service.map { counts[$0] ?? 0 } ?? counts.values.reduce(0, +)
        }
    }

    let state = Watched(State())
}

/// Which recorded calls a question is about.
struct CallSelection: Sendable {
    let service: StubUpstreams.Service?
    let path: PathPattern
    /// nil: any.
    let outcome: RecordedCall.Outcome?

    init(_ service: StubUpstreams.Service?, _ path: String, _ outcome: RecordedCall.Outcome? = nil) {
        self.service = service
        self.path = PathPattern(path)
        self.outcome = outcome
    }

    func includes(_ call: RecordedCall) -> Bool {
        (service == nil || service == call.service) && (outcome == nil || outcome == call.outcome)
            && path.matches(path: call.path)
    }
}
