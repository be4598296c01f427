// A door that tests hold shut: the replies of a rule wait behind it, so a test decides in which order things happen
// instead of guessing at times.

import Synchronization

/// Holds the replies of the rules that name it until it is opened.
package final class Gate: Sendable {
    private struct Held: Sendable {
        let ticket: Int
        let resume: @Sendable () -> Void
    }

    private struct State: Sendable {
        var isOpen = false
        /// How many may pass before the gate is open.
        var passes = 0
        var arrived = 0
        /// Those who wait, in order.
        var held: [Held] = []
    }

    private let state = Watched(State())
    let limit: Duration

    /// - Parameter limit: how long a reply is held at most. Then it is a 500 whose body says so, and the test fails
    ///   instead of hanging.
    package init(limit: Duration = .seconds(10)) {
        self.limit = limit
    }

    /// How many calls have come to the gate so far, those let through included.
    package var arrived: Int { state.read(\.arrived) }

    /// Lets all through that wait, and all that come later.
    package func open() async {
        state.change { state in
            state.isOpen = true
            for held in state.held { held.resume() }
            state.held = []
        }
    }

    /// Lets `count` replies through, in the order in which they came; who is not there yet passes when it comes.
    package func pass(_ count: Int = 1) async {
        state.change { state in
            let passing = state.held.prefix(count)
            for held in passing { held.resume() }
            state.passes += count - passing.count
            state.held.removeFirst(passing.count)
        }
    }

    /// Waits until `count` calls have come to the gate since it was made.
    package func waitUntil(arrived count: Int, within limit: Duration = .seconds(10)) async throws(WaitedTooLong) {
        guard await state.wait(within: limit, until: { $0.arrived >= count }) else {
            throw WaitedTooLong(description: "\(arrived) calls instead of \(count) came to the gate within \(limit).")
        }
    }

    /// Calls `resume` once: at once if the gate lets it pass, else when it does, from any thread and under the gate's
    /// lock.
    ///
    /// - Returns: what `leave` is to be told.
    func arrive(_ resume: @escaping @Sendable () -> Void) -> Int {
        state.change { state in
            state.arrived += 1
            if state.isOpen {
                resume()
            } else if state.passes > 0 {
                state.passes -= 1
                resume()
            } else {
                state.held.append(Held(ticket: state.arrived, resume: resume))
            }
            return state.arrived
        }
    }

    /// After this, `resume` is not called any more: a loop that has ended must not be given work.
    func leave(_ ticket: Int) {
        state.change { state in state.held.removeAll { $0.ticket == ticket } }
    }
}

extension Gate: Equatable {
    package static func == (one: Gate, other: Gate) -> Bool { one === other }
}
