// Where a span stands: what swift-distributed-tracing carries in its context from a span to those within it.

package import Pipeline
package import Tracing

/// The span that new ones are within.
package struct SpanPlace: Sendable, Equatable {
    package let trace: Trace
    /// 0: there is none, the trace begins.
    package let span: UInt64
    /// Whether another process has it.
    package let isRemote: Bool

    package init(_ trace: Trace, span: UInt64, isRemote: Bool = false) {
        self.trace = trace
        self.span = span
        self.isRemote = isRemote
    }
}

private enum SpanPlaceKey: InstrumentationContextKey {
    typealias Value = SpanPlace
    static var nameOverride: String? { "span-place" }
}

private enum SpanIDKey: InstrumentationContextKey {
    typealias Value = UInt64
    static var nameOverride: String? { "span-id" }
}

extension InstrumentationContext {
    /// Nil: nobody said.
    package var place: SpanPlace? {
        get { self[SpanPlaceKey.self] }
        set { self[SpanPlaceKey.self] = newValue }
    }

    /// The id of the next span, where another process was told it already. Spans within do not have it.
    package var wantedSpanID: UInt64? {
        get { self[SpanIDKey.self] }
        set { self[SpanIDKey.self] = newValue }
    }
}

/// A time of day.
package struct SpanInstant: TracerInstant {
    package let nanosecondsSinceEpoch: UInt64

    package init(nanosecondsSinceEpoch: UInt64) { self.nanosecondsSinceEpoch = nanosecondsSinceEpoch }

    package static func < (one: SpanInstant, other: SpanInstant) -> Bool {
        one.nanosecondsSinceEpoch < other.nanosecondsSinceEpoch
    }
}
