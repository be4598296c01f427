// Bytes as the encoding's specification has them, and as protoc's own decoder reads them.

import Pipeline
import Testing
import Tracing

@testable import Telemetry

struct ProtobufTests {
    private func written(_ write: (inout ProtobufWriter) -> Void) -> [UInt8] {
        var writer = ProtobufWriter()
        write(&writer)
        return writer.bytes
    }

    @Test(
        arguments: [
            (0, [0x08, 0x00]), (1, [0x08, 0x01]), (127, [0x08, 0x7f]), (128, [0x08, 0x80, 0x01]),
            (150, [0x08, 0x96, 0x01]), (16_384, [0x08, 0x80, 0x80, 0x01]),
            (.max, [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
        ] as [(UInt64, [UInt8])])
    func `numbers are varints`(number: UInt64, bytes: [UInt8]) {
        #expect(written { $0.add(1, number) } == bytes)
    }

    @Test func `fields of each wire type are tagged with it`() {
        #expect(written { $0.add(2, "testing") } == [0x12, 0x07] + Array("testing".utf8))
        #expect(written { $0.add(7, fixed64: 0x0102_0304_0506_0708) } == [0x39, 8, 7, 6, 5, 4, 3, 2, 1])
        #expect(written { $0.add(16, fixed32: 0x301) } == [0x85, 0x01, 0x01, 0x03, 0, 0])
        #expect(written { $0.add(2, true) } == [0x10, 0x01])
        #expect(written { $0.add(4, 1.0) } == [0x21, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f])
        #expect(written { $0.add(3, message: { $0.add(1, 150 as UInt64) }) } == [0x1a, 0x03, 0x08, 0x96, 0x01])
    }

    @Test(arguments: [0, 1, 126, 127, 128, 129, 300, 16_383, 16_384, 70_000])
    func `a message's length is before it, however long it is`(count: Int) {
        let content = [UInt8](repeating: 7, count: count)

        let bytes = written { $0.add(1, message: { $0.add(written: content) }) }
        var reader = ProtobufReader(bytes)
        let field = reader.next()

        #expect(field?.field == 1)
        #expect(field?.value == .bytes(content[...]))
        #expect(reader.next() == nil)
    }

    @Test(arguments: [
        [0x08], [0x0a, 0x05, 0x01], [0x09, 0x01], [0x0b], [UInt8](repeating: 0xff, count: 11),
        [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    ])
    func `what is malformed is not read`(bytes: [UInt8]) {
        var reader = ProtobufReader(bytes)

        #expect(reader.next() == nil)
    }

    @Test(arguments: [
        ([UInt8](), 0), ([0x0a, 0x00], 0), ([0x0a, 0x02, 0x08, 0x05], 5),
        // An error's sentence before it, and fields of a later version.
        ([0x0a, 0x07, 0x12, 0x03, 0x62, 0x61, 0x64, 0x08, 0x05], 5), ([0x15, 1, 2, 3, 4, 0x0a, 0x02, 0x08, 0x03], 3),
        // Minus one.
        ([0x0a, 0x0b, 0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], 0), ([0x0a, 0x05, 0x08], 0),
    ])
    func `how many spans were rejected is read of the answer`(reply: [UInt8], count: Int) {
        #expect(OTLP.rejected(reply) == count)
    }

    @Test func `a span's bytes are those of trace.proto`() throws {
        let trace = try #require(
            Trace(traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", tracestate: "a=1"))
        var span = SpanRecord(
            id: 0x0102_0304_0506_0708, place: SpanPlace(trace, span: trace.parent, isRemote: true), name: "GET",
            kind: .server, start: 1)
        span.end = 2
        span.attributes = ["n": 5]
        span.events = [SpanEvent(name: "e", at: SpanInstant(nanosecondsSinceEpoch: 3))]
        span.status = SpanStatus(code: .error)

        let bytes = written { OTLP.write(span, to: &$0) }

        let id: [UInt8] = [
            0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd, 0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c,
        ]
        let head: [UInt8] = [0x0a, 16] + id + [0x12, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0x1a, 3, 0x61, 0x3d, 0x31]
        let parent: [UInt8] = [0x22, 8, 0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31]
        let rest: [UInt8] = [
            0x2a, 3, 0x47, 0x45, 0x54, 0x30, 2, 0x39, 1, 0, 0, 0, 0, 0, 0, 0, 0x41, 2, 0, 0, 0, 0, 0, 0, 0,
            // The attribute `n`, an int_value.
            0x4a, 7, 0x0a, 1, 0x6e, 0x12, 2, 0x18, 5,
            // The event.
            0x5a, 12, 0x09, 3, 0, 0, 0, 0, 0, 0, 0, 0x12, 1, 0x65,
            // Status and flags.
            0x7a, 2, 0x18, 2, 0x85, 0x01, 0x01, 0x03, 0, 0,
        ]
        let whole = head + parent + rest
        #expect(bytes == [0x12, UInt8(whole.count)] + whole)
    }
}
