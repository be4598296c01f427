// What the layer of places is tested on: a scripted wire below it, and what became of its calls.

import Pipeline
import Resilience
import Testing
import Upstream

/// Calls that begin when they are asked to, and end when a test says so. On its loop only.
final class ConcurrencyWire: Calls {
    private struct State {
        var begun: [String] = []
        var ends: [String: (Result<Reply, Failure>) -> Void] = [:]
        var lanes: [String: Int] = [:]
    }

    private final class Box { var state = State() }

    private final class Running: RunningCall {
        let stop: () -> Void
        init(_ stop: @escaping () -> Void) { self.stop = stop }
        func cancel() { stop() }
    }

    private let box = Confined(Box())
    private let places: Places
    /// These fail before anything is sent.
    private let hopeless: Set<String>

    init(_ places: Places, hopeless: Set<String> = []) {
        self.places = places
        self.hopeless = hopeless
    }

    var begun: [String] { box.value.state.begun }

    func begin(_ call: Call, then end: @escaping (Result<Reply, Failure>) -> Void) -> (any RunningCall)? {
        if hopeless.contains(call.path) {
            end(.failure(Failure(.internalError, .gateway, "hopeless")))
            return nil
        }
        box.value.state.begun.append(call.path)
        box.value.state.ends[call.path] = end
        box.value.state.lanes[call.path] = call.asker.lane
        return Running { [self] in self.end(call.path, .failure(Failure(.cancelled, .gateway, "cancelled"))) }
    }

    func end(_ path: String, _ result: Result<Reply, Failure>? = nil) {
        guard let end = box.value.state.ends.removeValue(forKey: path) else { return }
        places.giveBack(box.value.state.lanes[path] ?? 0)
        end(result ?? .success(Reply(status: 200, body: ReplyBody())))
    }
}

/// What became of calls, by path.
private final class Ends {
    var all: [String: Failure.Kind?] = [:]
    var reasons: [String: String] = [:]
}

/// One loop's layer, its wire, and what became of the calls.
struct ConcurrencyBench: Sendable {
    let loop: FanOutLoop
    let places: Places
    let wire: ConcurrencyWire
    private let layer: Concurrency
    private let ends = Confined(Ends())

    init(_ loop: FanOutLoop, _ places: Places, wait: Duration = .seconds(20), hopeless: Set<String> = []) {
        self.loop = loop
        self.places = places
        wire = ConcurrencyWire(places, hopeless: hopeless)
        layer = Concurrency("crm", places, wait: wait, on: loop, before: wire)
    }

    @discardableResult
    func begin(
        _ path: String, lane: Int = 0, within time: Duration = .seconds(60)
    ) throws -> (any RunningCall)? {
        let trace = try #require(
            Trace(traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", tracestate: nil))
        let asker = Call.Asker(tenant: "tenant", lane: lane, requestID: "request", trace: trace)
        return layer.begin(Call(part: "contact", path: path, asker: asker, deadline: loop.now + time)) { [ends] in
            switch $0 {
            case .success: ends.value.all[path] = .some(nil)
            case .failure(let failure):
                ends.value.all[path] = failure.kind
                ends.value.reasons[path] = failure.reason
            }
        }
    }

    func hasEnded(_ path: String) -> Bool { ends.value.all[path] != nil }
    func failure(of path: String) -> Failure.Kind? { ends.value.all[path] ?? nil }
    func reason(of path: String) -> String? { ends.value.reasons[path] }
}
