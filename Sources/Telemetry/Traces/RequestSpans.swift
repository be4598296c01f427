// A request that has ended, told as spans: one for the request, within it one for each part, within that one for each attempt
// that an upstream was asked. Names are those of OpenTelemetry's semantic conventions for HTTP (1.23 and later) where these
// have one, and begin with `gateway.` otherwise.

package import Configuration
package import Pipeline
package import Tracing

/// Makes spans of requests' records. Knows what records only have numbers or names of.
package struct RequestSpans: Sendable {
    /// Bytes of a path that are told.
    private static let longestPath = 512

    /// Paths as configured, by the route's name.
    private let routes: [String: String]
    /// By the upstream's name, in the configuration's order.
    private let endpoints: [String: [UpstreamAddress]]

    package init(_ settings: Settings) {
        routes = settings.routes.reduce(into: [:]) { $0[$1.name] = $1.path.description }
        endpoints = settings.upstreams.reduce(into: [:]) { $0[$1.name] = $1.endpoints.map(UpstreamAddress.init) }
    }

    /// How many spans `emit` makes.
    package static func count(_ record: RequestRecord) -> Int {
        1 + parts(of: record).count + record.attempts.count { $0.span != 0 }
    }

    /// - Parameters:
    ///   - response: what the client got; nil: it had left.
    ///   - now: when it ended, and by `wall` (since 1970) the time of day then.
    package func emit(
        _ request: Request, _ record: RequestRecord, _ response: Response?, at now: ContinuousClock.Instant,
        wall: Duration, with tracer: some Tracer
    ) {
        // Records count microseconds from the arrival, rounded down, and so does all of this: then nothing begins before or
        // ends after what it is within.
        let took = RequestRecord.Attempt.offset(now, since: record.arrived)
        let times = Times(arrived: (wall - .microseconds(took)).nanoseconds, record.arrived)
        var context = InstrumentationContext.topLevel
        context.place = SpanPlace(record.trace, span: record.trace.parent, isRemote: record.trace.parent != 0)
        let path = record.route.flatMap { routes[$0] }
        let method = request.method.known
        let span = tracer.startSpan(
            path.map { "\(method ?? "HTTP") \($0)" } ?? method ?? "HTTP", context: context, ofKind: .server,
            at: times.instant(0))
        span.attributes = attributes(of: request, record, response, path: path)
        if (response?.status ?? 0) >= 500 { span.setStatus(SpanStatus(code: .error)) }
        for (name, time) in [("plan started", record.planStarted), ("merge started", record.mergeStarted)] {
            if let time { span.addEvent(SpanEvent(name: name, at: times.instant(times.offset(time)))) }
        }
        for part in Self.parts(of: record) { emit(part, of: record, within: span.context, times, tracer) }
        span.end(at: times.instant(took))
    }

    /// None of an earlier request, if it was given that one's answer: they had ended before it came.
    private static func parts(of record: RequestRecord) -> [RequestRecord.Part] {
        record.reusedFrom == nil ? record.parts : []
    }

    private func attributes(
        of request: Request, _ record: RequestRecord, _ response: Response?, path: String?
    ) -> SpanAttributes {
        var attributes: SpanAttributes = [
            "http.request.method": .string(request.method.known ?? "_OTHER"),
            "url.scheme": .string(request.scheme.rawValue),
            "url.path": .string(String(decoding: request.path.utf8.prefix(Self.longestPath), as: UTF8.self)),
            "client.address": .string(request.client),
            "network.protocol.version": .string(request.transport.version),
            "gateway.request.id": .string(request.id),
        ]
        if let path { attributes.set("http.route", value: .string(path)) }
        if let route = record.route { attributes.set("gateway.route", value: .string(route)) }
        if let tenant = record.principal?.tenant { attributes.set("gateway.tenant", value: .string(tenant)) }
        if let leader = record.coalescedWith { attributes.set("gateway.coalesced_with", value: .string(leader)) }
        if let earlier = record.reusedFrom { attributes.set("gateway.reused_from", value: .string(earlier)) }
        if let status = response?.status { attributes.set("http.response.status_code", value: .int(Int64(status))) }
        if let failure = record.failure ?? request.refused {
            attributes.set("error.type", value: .string(failure.kind.rawValue))
            if case .upstream(_, let part?) = failure.origin {
                attributes.set("gateway.failed_part", value: .string(part))
            }
        }
        return attributes
    }

    private func emit(
        _ part: RequestRecord.Part, of record: RequestRecord, within outer: InstrumentationContext, _ times: Times,
        _ tracer: some Tracer
    ) {
        let span = tracer.startSpan(
            part.name, context: outer, ofKind: .internal, at: times.instant(times.offset(part.started)))
        let upstream = record.outline?.parts[part.place].upstream
        var attributes: SpanAttributes = ["gateway.part.outcome": .string(part.outcome.word)]
        if let upstream { attributes.set("gateway.upstream", value: .string(upstream)) }
        if let leader = part.coalescedWith { attributes.set("gateway.coalesced_with", value: .string(leader)) }
        if let kind = part.outcome.failure {
            attributes.set("error.type", value: .string(kind.rawValue))
            span.setStatus(SpanStatus(code: .error))
        }
        span.attributes = attributes
        let range = times.offset(part.started)...max(times.offset(part.started), times.offset(part.ended))
        for attempt in record.attempts where Int(attempt.part) == part.place {
            if attempt.span == 0 {
                // Nobody was asked: a moment of the part, not a span of its own.
                span.addEvent(refusal(attempt, at: times.instant(attempt.ended.clamped(to: range))))
            } else {
                emit(attempt, to: upstream, during: range, within: span.context, times, tracer)
            }
        }
        span.end(at: times.instant(range.upperBound))
    }

    private func refusal(_ attempt: RequestRecord.Attempt, at instant: SpanInstant) -> SpanEvent {
        var attributes: SpanAttributes = [
            "gateway.attempt.cause": .string(attempt.cause.word),
            "gateway.queued_ms": .double(Double(attempt.queued) / 1000),
        ]
        if let kind = attempt.failure { attributes.set("error.type", value: .string(kind.rawValue)) }
        return SpanEvent(name: "attempt refused", at: instant, attributes: attributes)
    }

    private func emit(
        _ attempt: RequestRecord.Attempt, to upstream: String?, during range: ClosedRange<UInt32>,
        within outer: InstrumentationContext, _ times: Times, _ tracer: some Tracer
    ) {
        let begun = (attempt.begun ?? attempt.asked).clamped(to: range)
        let ended = attempt.ended.clamped(to: begun...range.upperBound)
        var context = outer
        context.wantedSpanID = attempt.span
        let span = tracer.startSpan("GET", context: context, ofKind: .client, at: times.instant(begun))
        span.attributes = attributes(of: attempt, to: upstream)
        if attempt.failure != nil, attempt.failure != .cancelled { span.setStatus(SpanStatus(code: .error)) }
        for (name, time) in attempt.wire.moments where time > 0 {
            // libcurl counts from a moment of its own, so its last may be a few microseconds late.
            let moment = (begun &+ time).clamped(to: begun...ended)
            span.addEvent(SpanEvent(name: name, at: times.instant(moment)))
        }
        span.end(at: times.instant(ended))
    }

    private func attributes(of attempt: RequestRecord.Attempt, to upstream: String?) -> SpanAttributes {
        var attributes: SpanAttributes = [
            "http.request.method": "GET",
            "gateway.attempt.cause": .string(attempt.cause.word),
            "gateway.queued_ms": .double(Double(attempt.queued) / 1000),
            "gateway.new_connection": .bool(attempt.wire.isNewConnection),
        ]
        if let upstream { attributes.set("gateway.upstream", value: .string(upstream)) }
        if let place = attempt.endpoint, let known = upstream.flatMap({ endpoints[$0] }), Int(place) < known.count {
            attributes.set("server.address", value: .string(known[Int(place)].host))
            if let port = known[Int(place)].port { attributes.set("server.port", value: .int(Int64(port))) }
        }
        if attempt.wire.localPort != 0 {
            attributes.set("network.local.port", value: .int(Int64(attempt.wire.localPort)))
        }
        if attempt.status != 0 {
            attributes.set("http.response.status_code", value: .int(Int64(attempt.status)))
            attributes.set("http.response.body.size", value: .int(Int64(attempt.wire.bytes)))
        }
        if attempt.number > 1 {
            attributes.set("http.request.resend_count", value: .int(Int64(attempt.number) - 1))
        }
        if let kind = attempt.failure { attributes.set("error.type", value: .string(kind.rawValue)) }
        return attributes
    }
}

/// From a record's times to times of day.
private struct Times {
    private let start: UInt64
    private let arrived: ContinuousClock.Instant

    /// - Parameter start: the request's arrival, in nanoseconds since 1970.
    init(arrived start: Int64, _ arrived: ContinuousClock.Instant) {
        self.start = UInt64(max(0, start))
        self.arrived = arrived
    }

    func offset(_ instant: ContinuousClock.Instant) -> UInt32 { RequestRecord.Attempt.offset(instant, since: arrived) }

    func instant(_ offset: UInt32) -> SpanInstant {
        SpanInstant(nanosecondsSinceEpoch: start + UInt64(offset) * 1000)
    }
}
