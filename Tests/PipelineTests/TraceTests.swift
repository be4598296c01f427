// W3C traceparent in and out.

import Pipeline
import Testing

struct TraceTests {
    private let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    @Test func `keeps the trace a client began`() throws {
        let trace = try #require(Trace(traceparent: parent, tracestate: "vendor=1"))

        #expect(trace.id == "0af7651916cd43dd8448eb211c80319c")
        #expect(trace.isSampled)
        #expect(trace.state == "vendor=1")
        #expect(trace.traceparent(span: 0xab) == "00-0af7651916cd43dd8448eb211c80319c-00000000000000ab-01")
    }

    @Test(arguments: [
        "", "00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
        "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    ])
    func `takes no malformed parent`(text: String) {
        #expect(Trace(traceparent: text, tracestate: nil) == nil)
    }

    @Test func `takes a later version's first fields`() {
        let later = "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00-more"

        #expect(Trace(traceparent: later, tracestate: nil)?.isSampled == false)
    }

    @Test func `drops a state that could break a header`() {
        #expect(Trace(traceparent: parent, tracestate: "a=1\r\nX: y")?.state == "")
    }
}
