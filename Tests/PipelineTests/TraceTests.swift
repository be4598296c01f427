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
        #expect(trace.parent == 0xb7ad_6b71_6920_3331)
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

    @Test(arguments: [
        "a=1\r\nX: y", "a", "=1", "a=", "a=1,a=2", "A=1", "a=b=c", "a b=1", "a@b@c=1", "_a=1", "a=\u{e9}",
        "a=" + String(repeating: "x", count: 257), String(repeating: "k", count: 257) + "=1",
        (0..<33).map { "k\($0)=1" }.joined(separator: ","), String(repeating: ",", count: 513),
    ])
    func `drops a state that is malformed or too long`(state: String) {
        #expect(Trace(traceparent: parent, tracestate: state)?.state == "")
    }

    @Test(arguments: [
        "a=1", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "a=1 , b=2,,\tc=3", "1a@sys=x y;z", "a-_*/=!~",
        (0..<32).map { "k\($0)=1" }.joined(separator: ","), "",
    ])
    func `passes a well-formed state on as it came`(state: String) {
        #expect(Trace(traceparent: parent, tracestate: state)?.state == state)
    }

    @Test(arguments: [(0.0, 0...0), (0.05, 400...600), (0.5, 4800...5200), (1.0, 10_000...10_000)])
    func `samples its share, by the id alone`(share: Double, counts: ClosedRange<Int>) {
        var random = FastRandom(seed: 7)

        let traces = (0..<10_000).map { _ in Trace(share: share, using: &random) }

        #expect(counts.contains(traces.count(where: \.isSampled)))
        #expect(
            traces.allSatisfy { trace in
                let low = UInt64(trace.id.suffix(14), radix: 16) ?? 0
                return trace.isSampled == (Double(low) >= (1 - share) * 0x1p56)
            })
    }
}
