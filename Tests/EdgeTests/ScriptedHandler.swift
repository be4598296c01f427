// The gateway behind the edge, played by the tests: it answers from another thread, late, never, and remembers all.

import Foundation
import Pipeline

final class ScriptedHandler: RequestHandler, @unchecked Sendable {
    // All variables are touched with `condition` locked.
    private let condition = NSCondition()
    private var waiting: [String: any ResponseRecipient] = [:]
    private var handled: [Request] = []
    private var cancelled: [String] = []
    private let script: @Sendable (Request) -> Response?
    /// The answer to requests that are given up; nil: none comes.
    private let lastWord: Response?
    private let thread = DispatchQueue(label: "scripted")

    /// - Parameter script: the answer to a request, or nil if it waits for `answer`.
    init(lastWord: Response? = nil, _ script: @escaping @Sendable (Request) -> Response? = { Response(echoing: $0) }) {
        self.script = script
        self.lastWord = lastWord
    }

    func handle(_ request: Request, for recipient: any ResponseRecipient) -> any Exchange {
        let response = request.refused.map { Response(refusing: $0) } ?? script(request)
        condition.withLock {
            handled.append(request)
            if response == nil { waiting[request.path] = recipient }
            condition.broadcast()
        }
        if let response { thread.async { recipient.receive(response) } }
        return ScriptedExchange(
            whenCancelled: { self.cancel(request.path) }, whenGivenUp: { self.giveUp(request.path) })
    }

    /// Answers the request for `path` that waits.
    func answer(_ path: String, _ response: Response = Response(status: 200)) {
        condition.withLock { waiting.removeValue(forKey: path) }?.receive(response)
    }

    /// Begins an answer that goes on to the request for `path` that waits.
    func open(_ path: String) -> (any OpenAnswer)? {
        condition.withLock { waiting.removeValue(forKey: path) }?.open(Response(status: 200))
    }

    private func giveUp(_ path: String) {
        if let lastWord { answer(path, lastWord) }
    }

    /// Says that the work for a cancelled request is gone.
    func release(_ path: String) {
        condition.withLock { waiting.removeValue(forKey: path) }?.release()
    }

    private func cancel(_ path: String) {
        condition.withLock {
            cancelled.append(path)
            condition.broadcast()
        }
    }

    /// What was handed over so far.
    var requests: [Request] { condition.withLock { handled } }
    var cancellations: [String] { condition.withLock { cancelled } }

    /// Returns when so many requests have been handed over, or after the limit.
    func waitForRequests(_ count: Int) -> [Request] {
        wait { handled.count >= count }
        return requests
    }

    func waitForCancellations(_ count: Int) -> [String] {
        wait { cancelled.count >= count }
        return cancellations
    }

    private func wait(until isThere: () -> Bool) {
        let limit = Date(timeIntervalSinceNow: 30)
        condition.withLock {
            while !isThere(), condition.wait(until: limit) {}
        }
    }
}

private struct ScriptedExchange: Exchange {
    let whenCancelled: @Sendable () -> Void
    let whenGivenUp: @Sendable () -> Void

    func cancel() { whenCancelled() }

    func giveUp() { whenGivenUp() }
}

extension Response {
    /// 200 with the path as body.
    init(echoing request: Request) {
        self.init(status: 200, fields: [Field("X-Request-Id", request.id)], body: Array(request.path.utf8))
    }

    /// The status that the contract gives a refusal.
    init(refusing failure: Failure) {
        let status =
            switch failure.kind {
            case .methodNotAllowed: 405
            case .requestTimeout: 408
            case .bodyTooLarge: 413
            case .targetTooLong: 414
            case .expectationFailed: 417
            case .headersTooLarge: 431
            case .notImplemented: 501
            case .versionNotSupported: 505
            default: 400
            }
        self.init(status: status, body: Array("{}".utf8))
    }
}
