// The foot of the upstream stack: a call becomes a transfer on the loop it runs on.

internal import CCurl
package import Configuration
package import Pipeline

/// Calls to one upstream from one fan-out loop. Used on that loop's thread only.
package final class UpstreamClient: Calls {
    private let loop: FanOutLoop
    private let failures: TransferFailures
    private let settings: TransferSettings
    private let pool: Confined<TransferPool>
    private let attemptEnded: @Sendable (Attempt) -> Void

    /// Must be called on the loop's thread.
    /// - Parameters:
    ///   - sends: what `post` sends, as `Content-Type` names it; nil: it is not used. Such a client does nothing else.
    ///   - attemptEnded: called when a call ends for which `begin` returned something, before its end is told.
    package init(
        _ upstream: UpstreamSettings, on loop: FanOutLoop, userAgent: String, sends: String? = nil,
        attemptEnded: @escaping @Sendable (Attempt) -> Void = { _ in }
    ) {
        self.attemptEnded = attemptEnded
        self.loop = loop
        failures = TransferFailures(upstream: upstream.name)
        settings = TransferSettings(upstream, sends: sends)
        pool = Confined(TransferPool(upstream, settings, userAgent: userAgent, on: loop))
    }

    /// The deadline of the call and the upstream's timeouts hold. Failures are as `CurlFailures.swift` names them.
    package func begin(
        _ call: Call, then end: @escaping (Result<Reply, Failure>) -> Void
    ) -> (any RunningCall)? {
        let left = loop.now.duration(to: call.deadline)
        guard left > .zero else {
            call.note(refused: .readTimeout)
            end(.failure(failures.timedOut(after: .zero).after(attempts: 0)))
            return nil
        }
        let transfer = pool.value.take(call.endpoint, on: loop)
        let span = pool.value.nextSpan()
        write(call, into: transfer.head, left: left, span: span)
        return begin(
            transfer, AttemptStory(of: call, span: span), within: min(settings.attempt, left), afresh: call.isAfresh,
            then: end)
    }

    /// Fetches what belongs to nobody's request, with none of a call's fields: whom it concerns is not the upstream's
    /// business. `target` is path and query, percent-encoded; the upstream's attempt time holds.
    package func fetch(
        _ target: String, from endpoint: Int = 0, then end: @escaping (Result<Reply, Failure>) -> Void
    ) -> (any RunningCall)? {
        let transfer = pool.value.take(endpoint, on: loop)
        transfer.head.begin(target)
        return begin(transfer, AttemptStory(endpoint: endpoint), within: settings.attempt, then: end)
    }

    /// Sends `body`, of the kind that the client was made to send, to its first endpoint: a POST, with none of a call's fields.
    /// `target` and the time are as with `fetch`. A 404 is a reply here, too.
    package func post(
        _ body: [UInt8], to target: String, then end: @escaping (Result<Reply, Failure>) -> Void
    ) -> (any RunningCall)? {
        let transfer = pool.value.take(0, on: loop)
        transfer.head.begin(target)
        transfer.carry(body)
        return begin(transfer, AttemptStory(endpoint: 0), within: settings.attempt, then: end)
    }

    private func begin(
        _ transfer: Transfer, _ story: AttemptStory, within timeout: Duration, afresh: Bool = false,
        then end: @escaping (Result<Reply, Failure>) -> Void
    ) -> (any RunningCall)? {
        let endpoint = story.endpoint
        do throws(Failure) {
            try transfer.prepare(afresh: afresh)
        } catch {
            pool.value.giveBack(transfer, to: endpoint)
            end(.failure(error))
            return nil
        }
        let begun = loop.now
        loop.begin(transfer, timeout: timeout, connectTimeout: settings.connectTimeout) { [self] in
            var result = self.result(of: transfer, $0, timeout: timeout)
            let isBeaten = $0.isBeaten && transfer.progress != .answering
            story.end(transfer, result)
            let wasOnKeptConnection = transfer.wasOnKeptConnection
            let wasOnDeadConnection = transfer.wasOnDeadConnection
            let trouble = Trouble(result, complaint: transfer.easy.complaint)
            pool.value.giveBack(transfer, to: endpoint)
            var verdict = Attempt.Verdict.succeeded
            if case .failure(let failure) = result {
                verdict = failure.verdict(hadItsTime: timeout >= settings.attempt / 2)
                // The endpoint had left it some time ago, which says nothing of how it is now.
                if failure.kind == .connectionTerminated, wasOnKeptConnection { verdict = .untold }
                if isBeaten { verdict = .beaten }
                let isOfKept = failure.kind == .connectionTerminated && wasOnDeadConnection
                result = .failure((isOfKept ? failure.ofKeptConnection() : failure).at(endpoint: endpoint))
            }
            attemptEnded(
                Attempt(
                    endpoint: endpoint, ticket: story.ticket, lane: story.lane, verdict: verdict,
                    time: begun.duration(to: loop.now), trouble: trouble))
            end(result)
        }
        return transfer
    }

    private func result(of transfer: Transfer, _ end: TransferEnd, timeout: Duration) -> Result<Reply, Failure> {
        switch end {
        case .finished(CURLE_OK):
            let status = transfer.easy.status
            if let failure = failures.failure(status: status, retryAfter: transfer.retryAfter) {
                return .failure(failure)
            }
            if let failure = failures.failure(ofWhole: transfer) { return .failure(failure) }
            return .success(Reply(status: status, body: transfer.body))
        case .finished(let code):
            return .failure(
                failures.failure(
                    code, refusal: transfer.refusal, progress: transfer.progress, maxBody: settings.maxBody,
                    complaint: transfer.easy.complaint, verification: transfer.easy.verification))
        case .connectTimedOut:
            return .failure(failures.connectTimedOut(after: min(timeout, settings.connectTimeout)))
        case .timedOut:
            return .failure(failures.timedOut(after: timeout))
        case .cancelled, .beaten:
            return .failure(.callCancelled)
        }
    }

    /// The fields of section 6 of the contract that change from call to call.
    private func write(_ call: Call, into head: CallHead, left: Duration, span: UInt64) {
        let asker = call.asker
        head.begin(call.path)
        head.add("X-Tenant-Id: ", asker.tenant)
        head.add("X-Request-Id: ", asker.requestID)
        if !asker.forwarded.isEmpty { head.add("Forwarded: ", asker.forwarded) }
        head.add(asker.trace, span: span)
        head.add("X-Request-Deadline-Ms: ", left.milliseconds)
    }
}

extension UpstreamClient: Service {
    /// The same as a step of an async journey: the place where layers around a call can stand. A cancelled task cancels its
    /// call at once.
    package func answer(_ call: Call) async throws(Failure) -> Reply {
        let waiting = Confined(WaitingTask())
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                waiting.value.begin(call, with: self) { continuation.resume() }
            }
        } onCancel: { [loop] in
            // A transfer is taken out on its own thread, and never inside a callback.
            loop.perform { waiting.value.cancel() }
        }
        guard let result = waiting.value.result else { throw .callCancelled }
        return try result.get()
    }
}

/// A task that waits for a call's end.
private final class WaitingTask {
    private(set) var result: Result<Reply, Failure>?
    private var call: (any RunningCall)?
    private var isCancelled = false

    func begin(_ call: Call, with client: UpstreamClient, then resume: @escaping () -> Void) {
        guard !isCancelled else { return resume() }
        let begun = client.begin(call) { [self] in
            result = $0
            self.call = nil
            resume()
        }
        if result == nil { self.call = begun }
    }

    func cancel() {
        isCancelled = true
        call?.cancel()
    }
}
