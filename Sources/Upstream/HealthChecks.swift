// Active checks: each endpoint of an upstream is asked now and then whether it is well.

package import Configuration
package import Pipeline

/// The checks of one upstream's endpoints, made by one loop for all. Used on that loop's thread only.
package final class HealthChecks {
    private let health: UpstreamSettings.Health
    private let client: UpstreamClient
    private let tell: (_ endpoint: Int, _ isGood: Bool) -> Void
    private unowned let loop: FanOutLoop
    private var random = FastRandom()
    private var alarm: AlarmID?
    /// By endpoint: the check under way.
    private var running: [(any RunningCall)?]
    private var isStopped = false

    /// Begins at once.
    /// - Parameters:
    ///   - troubled: what somebody has to mend, if a check meets it.
    ///   - tell: the verdict of each check. 200 to 299 within the upstream's attempt time is good.
    package init(
        _ health: UpstreamSettings.Health, of upstream: UpstreamSettings, on loop: FanOutLoop, userAgent: String,
        troubled: @escaping @Sendable (_ endpoint: Int, Trouble) -> Void = { _, _ in },
        tell: @escaping (_ endpoint: Int, _ isGood: Bool) -> Void
    ) {
        self.health = health
        self.loop = loop
        self.tell = tell
        var settings = upstream
        settings.timeouts.attempt = min(upstream.timeouts.attempt, health.every)
        client = UpstreamClient(settings, on: loop, userAgent: userAgent) {
            if let trouble = $0.trouble { troubled($0.endpoint, trouble) }
        }
        running = Array(repeating: nil, count: upstream.endpoints.count)
        wake()
    }

    /// Ends all checks. Nothing is told any more.
    package func stop() {
        isStopped = true
        if let alarm { loop.callOff(alarm) }
        alarm = nil
        for check in running { check?.cancel() }
    }

    private func check(_ endpoint: Int) {
        var hasEnded = false
        let call = client.fetch(health.path, from: endpoint) { [self] result in
            hasEnded = true
            running[endpoint] = nil
            if !isStopped { tell(endpoint, result.isGood) }
        }
        if !hasEnded { running[endpoint] = call }
    }
}

extension HealthChecks: Sleeper {
    /// A round. An endpoint whose last check is not over is not asked again before it is.
    package func wake() {
        // Not quite as often as is said, and never in step with other gateways.
        let pause = health.every * Double.random(in: 1..<1.1, using: &random)
        alarm = loop.setAlarm(at: loop.now + pause, for: self)
        for endpoint in running.indices where running[endpoint] == nil { check(endpoint) }
    }
}

extension Result where Success == Reply, Failure == Pipeline.Failure {
    fileprivate var isGood: Bool {
        switch self {
        case .success(let reply): reply.status == 200
        // A reply that is none for a plan's part, such as 204.
        case .failure(let failure): (200...299).contains(failure.receivedStatus ?? 0)
        }
    }
}
