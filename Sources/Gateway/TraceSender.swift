// Sends spans to the collector by OTLP over HTTP: the thin layer around the rules of Telemetry/Traces/ExportQueue.swift. On
// one fan-out loop's thread, with its libcurl.

internal import Configuration
internal import Glibc
internal import Logging
internal import Pipeline
internal import Telemetry
internal import Upstream

/// The way to one collector, whichever that is.
final class TraceSender: Sleeper {
    /// What the specification's exporters wait for an answer.
    private static let patience = Duration.seconds(10)
    private static let connectPatience = Duration.seconds(2)

    private struct Collector {
        let settings: TelemetrySettings
        let client: UpstreamClient
        let target: String
    }

    private let loop: FanOutLoop
    private let logger: Logger
    private let resource: [(String, String)]
    private var queue: ExportQueue
    private var collector: Collector?
    private var call: (any RunningCall)?
    private var alarm: AlarmID?
    private var isFailing = false
    /// Set when what is there is the last: whom to tell when it is gone, and by when it must be.
    private var end: (tell: () -> Void, due: ContinuousClock.Instant)?

    init(_ room: ExportRoom, _ counts: TraceCounts, on loop: FanOutLoop, _ logger: Logger) {
        self.loop = loop
        self.logger = logger
        queue = ExportQueue(room, counts)
        var random = FastRandom()
        resource = [
            ("service.name", "conversation-gateway"), ("service.version", Version.current),
            ("service.instance.id", Hex.lower(random.next())), ("host.name", Self.hostName),
        ]
    }

    /// Sends there, with those headers. What waits goes there too; if it is nowhere, it is given up.
    func follow(_ settings: TelemetrySettings) {
        if settings.exportsLike(collector?.settings ?? TelemetrySettings()) { return }
        collector = settings.otlp.map { Self.collector(at: $0, settings, on: loop) }
        guard collector != nil else { return abandon() }
        queue.hurry()
        send()
    }

    func take(_ batch: SpanBatch) {
        queue.add(batch, at: loop.now)
        // There was a collector when it was made.
        if collector == nil { abandon() } else { send() }
    }

    func finish(within limit: Duration, then tell: @escaping () -> Void) {
        end = (tell, loop.now + limit)
        queue.hurry()
        send()
    }

    func wake() {
        alarm = nil
        if let end, end.due <= loop.now { return abandon() }
        send()
    }

    /// Sends the next batch if it is time, and looks again when it will be.
    private func send() {
        if let collector, let batch = queue.next(at: loop.now) {
            post(batch, to: collector)
        }
        look()
    }

    private func post(_ batch: SpanBatch, to collector: Collector) {
        var hasEnded = false
        let running = collector.client.post(OTLP.request(batch, from: resource), to: collector.target) { [self] in
            hasEnded = true
            call = nil
            ended($0)
        }
        if !hasEnded { call = running }
    }

    private func ended(_ result: Result<Reply, Failure>) {
        // It was given up meanwhile.
        if case .failure(let failure) = result, failure.kind == .cancelled { return }
        let end = Self.meaning(of: result)
        note(end, result)
        queue.ended(end, at: loop.now, luck: .random(in: 0...1))
        // What cannot be sent now would have to wait, and there is nothing to wait for.
        if self.end != nil, queue.failures > 0 { return abandon() }
        send()
    }

    private func look() {
        if let alarm { loop.callOff(alarm) }
        alarm = nil
        if let end {
            guard !queue.isEmpty else { return finished() }
            alarm = loop.setAlarm(at: end.due, for: self)
        } else if let due = queue.due {
            alarm = loop.setAlarm(at: due, for: self)
        }
    }

    private func abandon() {
        queue.abandon()
        call?.cancel()
        call = nil
        look()
    }

    private func finished() {
        let tell = end?.tell
        end = nil
        tell?()
    }

    /// Says once that it goes wrong, and once that it goes well again.
    private func note(_ end: ExportQueue.End, _ result: Result<Reply, Failure>) {
        if case .accepted = end {
            if isFailing { logger.info("Traces are exported again.") }
            isFailing = false
            return
        }
        guard !isFailing else { return }
        isFailing = true
        let reason =
            switch result {
            case .success(let reply): "The collector answered \(reply.status)."
            case .failure(let failure): failure.reason
            }
        logger.warning("Traces cannot be exported.", metadata: ["reason": "\(reason)"])
    }

    /// OTLP/HTTP, "Failures": only these statuses say that it may be tried again.
    static func meaning(of result: Result<Reply, Failure>) -> ExportQueue.End {
        switch result {
        case .success(let reply):
            return reply.status == 200 ? .accepted(rejected: OTLP.rejected(Array(reply.body.bytes))) : .refused
        case .failure(let failure):
            switch failure.receivedStatus {
            case .some(200...299): return .accepted(rejected: 0)
            case 429, 502, 503, 504: return .failed(retryAfter: failure.retryAfter)
            case .some: return .refused
            case nil: return .failed(retryAfter: nil)
            }
        }
    }

    private static func collector(at url: String, _ settings: TelemetrySettings, on loop: FanOutLoop) -> Collector {
        let (origin, target) = target(of: url)
        var upstream = UpstreamSettings(name: "collector", endpoints: [.url(origin)])
        upstream.headers = settings.otlpHeaders
        upstream.tls = settings.otlpCA.map { UpstreamTLS(ca: $0) }
        upstream.timeouts.connect = connectPatience
        upstream.timeouts.attempt = patience
        upstream.maxBody = 64 * 1024
        let client = UpstreamClient(
            upstream, on: loop, userAgent: "conversation-gateway/\(Version.current)", sends: OTLP.contentType)
        return Collector(settings: settings, client: client, target: target)
    }

    /// A collector's address is what its path is appended to (OTLP exporter specification, "Endpoint URLs for OTLP/HTTP");
    /// one that has it already is taken for what it is.
    static func target(of url: String) -> (origin: String, target: String) {
        let (origin, rest) = KeyFetcher.parts(of: url)
        var path = String(rest.prefix { $0 != "?" })
        let query = rest.drop { $0 != "?" }
        while path.last == "/" { path.removeLast() }
        return (origin, (path.hasSuffix(OTLP.path) ? path : path + OTLP.path) + query)
    }

    private static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "unknown" }
        return name.withUnsafeBufferPointer { name in name.baseAddress.map { String(cString: $0) } ?? "unknown" }
    }
}

extension TelemetrySettings {
    /// Whether spans go where they go by `other`, in the same way.
    fileprivate func exportsLike(_ other: TelemetrySettings) -> Bool {
        otlp == other.otlp && otlpHeaders == other.otlpHeaders && otlpCA == other.otlpCA
    }
}
