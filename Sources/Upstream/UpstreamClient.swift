// The foot of the upstream stack: a call becomes a transfer on the loop it runs on.

internal import CCurl
package import Configuration
package import Pipeline

/// Calls to one upstream from one fan-out loop. Answers on that loop's thread only.
package struct UpstreamClient: Service {
    private let loop: FanOutLoop
    private let failures: TransferFailures
    private let settings: TransferSettings
    private let pool: Confined<TransferPool>

    /// Must be called on the loop's thread.
    package init(_ upstream: UpstreamSettings, on loop: FanOutLoop, userAgent: String) {
        self.loop = loop
        failures = TransferFailures(upstream: upstream.name)
        settings = TransferSettings(upstream)
        pool = Confined(TransferPool(upstream, settings, userAgent: userAgent))
    }

    /// A complete reply of status 200 or 404. The deadline of the call and the upstream's timeouts hold.
    /// - Throws: every other outcome, as `CurlFailures.swift` names it; `cancelled` if the task was.
    package func answer(_ call: Call) async throws(Failure) -> Reply {
        let transfer = pool.value.take(on: loop)
        defer { pool.value.giveBack(transfer) }
        let timeout = min(settings.attempt, loop.now.duration(to: call.deadline))
        guard timeout > .zero else { throw failures.timedOut(after: .zero) }
        write(call, into: transfer.lines, timeout: loop.now.duration(to: call.deadline))
        try transfer.prepare(path: call.path)
        transfer.connectDue = loop.now + settings.connectTimeout
        transfer.due = loop.now + timeout

        switch await perform(Confined(transfer)) {
        case .finished(CURLE_OK):
            let status = transfer.easy.status
            if let failure = failures.failure(status: status, retryAfter: transfer.retryAfter) { throw failure }
            return Reply(status: status, body: transfer.body)
        case .finished(let code):
            throw failures.failure(
                code, refusal: transfer.refusal, sawReply: transfer.easy.status != 0, maxBody: settings.maxBody)
        case .connectTimedOut:
            throw failures.connectTimedOut(after: min(timeout, settings.connectTimeout))
        case .timedOut:
            throw failures.timedOut(after: timeout)
        case .cancelled:
            throw failures.cancelled
        }
    }

    private func perform(_ transfer: Confined<Transfer>) async -> TransferEnd {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { loop.begin(transfer.value, $0) }
        } onCancel: {
            // Whoever cancels may be on another thread; a transfer is taken out on its own, and never inside a callback.
            if loop.isCurrent {
                loop.abort(transfer.value, .cancelled)
            } else {
                loop.submit { [loop] in loop.abort(transfer.value, .cancelled) }
            }
        }
    }

    /// The fields of section 6 of the contract that change from call to call.
    private func write(_ call: Call, into lines: HeaderLines, timeout: Duration) {
        lines.begin()
        lines.add("X-Tenant-Id: ", call.tenant)
        lines.add("X-Request-Id: ", call.requestID)
        lines.add("traceparent: ", call.trace.traceparent(span: pool.value.nextSpan()))
        if !call.trace.state.isEmpty { lines.add("tracestate: ", call.trace.state) }
        lines.add("X-Request-Deadline-Ms: ", String(timeout.milliseconds))
    }
}
