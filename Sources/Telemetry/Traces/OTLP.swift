// The OpenTelemetry protocol's messages (opentelemetry-proto 1.x: trace/v1/trace.proto, collector/trace/v1), by their fields'
// numbers.

internal import Pipeline
internal import Tracing

/// Traces as a collector takes them: OTLP over HTTP, binary (https://opentelemetry.io/docs/specs/otlp/, "OTLP/HTTP").
package enum OTLP {
    package static let contentType = "application/x-protobuf"
    /// What is behind the base address of a collector.
    package static let path = "/v1/traces"

    /// `ExportTraceServiceRequest` with one batch.
    /// - Parameter resource: who sends it, as attributes in that order.
    package static func request(_ batch: SpanBatch, from resource: [(name: String, value: String)]) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.reserve(batch.bytes.count + 512)
        writer.add(1) { spans in
            spans.add(1) { message in
                for (name, value) in resource {
                    message.add(1) {
                        $0.add(1, name); $0.add(2) { $0.add(1, value) }
                    }
                }
            }
            spans.add(2) { scope in
                scope.add(1) { $0.add(1, "conversation-gateway") }
                scope.add(written: batch.bytes)
            }
        }
        return writer.bytes
    }

    /// How many spans the collector did not take, of those it answered 200 to (`ExportTraceServiceResponse`).
    package static func rejected(_ reply: [UInt8]) -> Int {
        var reader = ProtobufReader(reply)
        while let (field, value) = reader.next() {
            guard field == 1, case .bytes(let partial) = value else { continue }
            var inner = ProtobufReader(partial)
            while let (field, value) = inner.next() {
                if field == 1, case .varint(let number) = value {
                    return Int(clamping: max(0, Int64(bitPattern: number)))
                }
            }
        }
        return 0
    }

    /// Adds a span as field 2 of `ScopeSpans`.
    static func write(_ span: SpanRecord, to writer: inout ProtobufWriter) {
        let trace = span.place.trace
        writer.add(2) { message in
            message.add(1, bytes(ofHex: trace.id))
            message.add(2, bytes(of: span.id))
            if !trace.state.isEmpty { message.add(3, trace.state) }
            if span.place.span != 0 { message.add(4, bytes(of: span.place.span)) }
            message.add(5, span.name)
            message.add(6, number(of: span.kind))
            message.add(7, fixed64: span.start)
            message.add(8, fixed64: span.end)
            write(span.attributes, field: 9, to: &message)
            for event in span.events {
                message.add(11) {
                    $0.add(1, fixed64: event.nanosecondsSinceEpoch)
                    $0.add(2, event.name)
                    write(event.attributes, field: 3, to: &$0)
                }
            }
            for link in span.links { write(link, to: &message) }
            if let status = span.status { write(status, to: &message) }
            message.add(16, fixed32: flags(of: span.place))
        }
    }

    private static func write(_ link: SpanLink, to writer: inout ProtobufWriter) {
        guard let place = link.context.place else { return }
        writer.add(13) {
            $0.add(1, bytes(ofHex: place.trace.id))
            $0.add(2, bytes(of: place.span))
            write(link.attributes, field: 4, to: &$0)
            $0.add(6, fixed32: flags(of: place))
        }
    }

    private static func write(_ status: SpanStatus, to writer: inout ProtobufWriter) {
        writer.add(15) {
            if let message = status.message { $0.add(2, message) }
            $0.add(3, status.code == .error ? 2 : 1 as UInt64)
        }
    }

    /// W3C's flags, then that it is known whether the parent is another process', and whether it is.
    private static func flags(of place: SpanPlace) -> UInt32 {
        (place.trace.isSampled ? 1 : 0) | 0x100 | (place.isRemote ? 0x200 : 0)
    }

    private static func number(of kind: SpanKind) -> UInt64 {
        switch kind {
        case .internal: 1
        case .server: 2
        case .client: 3
        case .producer: 4
        case .consumer: 5
        }
    }

    private static func write(_ attributes: SpanAttributes, field: Int, to writer: inout ProtobufWriter) {
        attributes.forEach { name, value in
            writer.add(field) {
                $0.add(1, name)
                $0.add(2) { write(value, to: &$0) }
            }
        }
    }

    /// `AnyValue`.
    private static func write(_ value: SpanAttribute, to writer: inout ProtobufWriter) {
        switch value {
        case .string(let text): writer.add(1, text)
        case .bool(let flag): writer.add(2, flag)
        case .int32(let number): writer.add(3, UInt64(bitPattern: Int64(number)))
        case .int64(let number): writer.add(3, UInt64(bitPattern: number))
        case .double(let number): writer.add(4, number)
        // Lists, of which the gateway makes none.
        default: writer.add(1, "\(value)")
        }
    }

    private static func bytes(of id: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: id >> UInt64(56 - 8 * $0)) }
    }

    private static func bytes(ofHex text: String) -> [UInt8] {
        let digits = Array(text.utf8)
        return stride(from: 0, to: digits.count - 1, by: 2).map {
            Hex.value(of: digits[$0]) << 4 | Hex.value(of: digits[$0 + 1])
        }
    }
}
