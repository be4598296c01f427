// What a running stub can tell about the calls it received, and how to wait for them.

extension StubUpstreams {
    /// The last 10 000 calls since the last reset, in the order of their arrival.
    package var calls: [RecordedCall] { recorder.state.read { $0.calls() } }

    /// Those to a path; patterns as in `Rule.path`. `service` nil: both.
    package func calls(to path: String, of service: Service? = nil) -> [RecordedCall] {
        let selection = CallSelection(service, path)
        return recorder.state.read { $0.calls(selection.includes) }
    }

    /// Waits until there are at least `count` such calls.
    ///
    /// - Parameters:
    ///   - path: a pattern as in `Rule.path`.
    ///   - outcome: counts only calls that ended so; nil: all that arrived.
    ///   - limit: how long to wait at most.
    /// - Returns: those calls.
    @discardableResult
    package func waitForCalls(
        _ count: Int, to path: String = "*", of service: Service? = nil, ended outcome: RecordedCall.Outcome? = nil,
        within limit: Duration = .seconds(10)
    ) async throws(WaitedTooLong) -> [RecordedCall] {
        let selection = CallSelection(service, path, outcome)
        let came = await recorder.state.wait(within: limit) { $0.calls(selection.includes).count >= count }
        let calls = recorder.state.read { $0.calls(selection.includes) }
        guard came else {
            let kind = outcome.map { "\($0.rawValue) " } ?? ""
            throw WaitedTooLong(description: "\(calls.count) \(kind)calls to \(path) within \(limit), not \(count).")
        }
        return calls
    }

    /// Forgets the calls, and the most there were at once. Numbers go on; calls in progress are still counted.
    package func forgetCalls() {
        recorder.state.change { state in Service.allCases.forEach { state.clear($0) } }
    }

    /// How many calls are being answered now, hanging ones included.
    package func inProgress(of service: Service? = nil) -> Int {
        recorder.state.read { $0.inProgress(service) }
    }

    /// The most calls there were in progress at once since the last reset.
    package func maxInProgress(of service: Service? = nil) -> Int {
        recorder.state.read { $0.most(service) }
    }

    /// Whether a call to one path was in progress while one to the other was. Patterns as in `Rule.path`.
    package func overlapped(_ path: String, _ other: String) -> Bool {
        let others = calls(to: other)
        return calls(to: path).contains { call in
            others.contains { $0.number != call.number && $0.overlaps(call) }
        }
    }

    /// How many connections are open now.
    package func openConnections(of service: Service? = nil) -> Int {
        connections.state.read { $0.count(service) }
    }

    /// Waits until so many connections are open, not more and not fewer.
    package func waitForConnections(
        _ count: Int, of service: Service? = nil, within limit: Duration = .seconds(10)
    ) async throws(WaitedTooLong) {
        guard await connections.state.wait(within: limit, until: { $0.count(service) == count }) else {
            let open = openConnections(of: service)
            throw WaitedTooLong(description: "\(open) connections open after \(limit), not \(count).")
        }
    }
}
