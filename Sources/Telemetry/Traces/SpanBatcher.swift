// Spans that have ended and are not on their way yet.

internal import Pipeline
internal import Synchronization

/// Some spans, encoded, ready for one request to the collector.
package struct SpanBatch: Sendable {
    package let spans: Int
    /// Fields of `ScopeSpans` (OTLP), one a span.
    package let bytes: [UInt8]

    package init(spans: Int, bytes: [UInt8]) {
        self.spans = spans
        self.bytes = bytes
    }
}

/// Puts spans one behind the other. From any thread, though mostly one loop's.
package final class SpanBatcher: Sendable {
    /// A batch goes when it is so large, or its first span so old.
    package static let mostSpans = 512
    package static let mostBytes = 256 * 1024
    package static let patience = Duration.seconds(2)

    private struct State {
        var writer = ProtobufWriter()
        var spans = 0
        var random = FastRandom()
    }

    private let state = Mutex(State())

    package init() {}

    package var isEmpty: Bool { state.withLock { $0.spans == 0 } }

    package var isFull: Bool {
        state.withLock { $0.spans >= Self.mostSpans || $0.writer.bytes.count >= Self.mostBytes }
    }

    /// What is there; nil: nothing.
    package func batch() -> SpanBatch? {
        state.withLock { state in
            guard state.spans > 0 else { return nil }
            defer {
                state.writer.removeAll()
                state.spans = 0
            }
            return SpanBatch(spans: state.spans, bytes: state.writer.bytes)
        }
    }

    func take(_ record: SpanRecord) {
        state.withLock { state in
            OTLP.write(record, to: &state.writer)
            state.spans += 1
        }
    }

    func newSpan() -> UInt64 { state.withLock { $0.random.next() | 1 } }

    /// One that was begun here, and is recorded.
    func newTrace() -> Trace { state.withLock { Trace(share: 1, using: &$0.random) } }
}
